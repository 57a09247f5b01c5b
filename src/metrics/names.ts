/**
 * Every metric of the agent: Fluent Bit's under its names and with its labels (5.1; both of its generations), and ours
 * under `fantail_`. An instance's label is its alias if set, else its instance name.
 */

export interface MetricSpec {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  /** The label that names the instance; none for metrics of the agent as a whole. */
  readonly instance?: 'name' | 'input' | 'output'
  /** Labels beside it. */
  readonly labels?: readonly string[]
  readonly help: string
  /** Upper bounds of a histogram's buckets, ascending, in seconds. */
  readonly buckets?: readonly number[]
  /** It is in Fluent Bit's first generation too (`/api/v1/metrics`). */
  readonly v1?: true
}

const name = 'name'
const WAITS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

export const metricNames = {
  // The agent
  fluentbit_uptime: { kind: 'gauge', labels: ['hostname'], help: 'Seconds since the agent started.', v1: true },
  fluentbit_process_start_time_seconds: { kind: 'gauge', labels: ['hostname'], help: 'Unix time at which the agent started.' },
  process_start_time_seconds: { kind: 'gauge', help: 'Unix time at which the process started.', v1: true },
  process_cpu_seconds_total: { kind: 'counter', help: 'User and system CPU time spent.' },
  process_resident_memory_bytes: { kind: 'gauge', help: 'Resident memory.' },
  fluentbit_build_info: { kind: 'gauge', labels: ['hostname', 'version', 'os'], help: 'Version of the agent; always 1.', v1: true },
  fantail_ready: { kind: 'gauge', help: 'Whether the configuration is applied and all inputs run.' },
  fluentbit_hot_reloaded_times: { kind: 'gauge', labels: ['hostname'], help: 'Reloads of the configuration that took effect.' },
  fantail_reloads_failed_total: { kind: 'counter', help: 'Reloads that were refused; the pipeline before them runs on.' },
  fantail_config_warnings: { kind: 'gauge', help: 'Warnings that the configuration was started with.' },
  fluentbit_logger_logs_total: { kind: 'counter', labels: ['message_type'], help: 'Messages of the agent\'s own log.' },

  // Inputs
  fluentbit_input_records_total: { kind: 'counter', instance: name, help: 'Records that the input made.', v1: true },
  fluentbit_input_bytes_total: { kind: 'counter', instance: name, help: 'Bytes that the input read.', v1: true },
  fluentbit_input_ingestion_paused: { kind: 'gauge', instance: name, help: 'Whether the input waits because the buffer is full.' },
  fluentbit_input_storage_overlimit: { kind: 'gauge', instance: name, help: 'Whether the input is at its limit of memory.' },
  fluentbit_input_storage_memory_bytes: { kind: 'gauge', instance: name, help: 'Bytes of the input\'s frames in memory.' },
  fluentbit_input_storage_chunks: { kind: 'gauge', instance: name, help: 'Frames of the input that wait.' },
  fluentbit_input_storage_chunks_up: { kind: 'gauge', instance: name, help: 'Frames of the input that wait in memory.' },
  fluentbit_input_memrb_dropped_chunks: { kind: 'gauge', instance: name, help: 'Frames that made room for newer ones (storage.type memrb).' },
  fluentbit_input_memrb_dropped_bytes: { kind: 'gauge', instance: name, help: 'Bytes that made room for newer ones (storage.type memrb).' },
  fluentbit_input_storage_chunks_down: { kind: 'gauge', instance: name, help: 'Frames of the input that wait on disk only.' },
  fluentbit_input_files_opened_total: { kind: 'counter', instance: name, help: 'Files opened.', v1: true },
  fluentbit_input_files_closed_total: { kind: 'counter', instance: name, help: 'Files closed.', v1: true },
  fluentbit_input_files_rotated_total: { kind: 'counter', instance: name, help: 'Files found rotated.', v1: true },
  fluentbit_input_multiline_truncated_total: { kind: 'counter', instance: name, help: 'Joined records cut at the limit.', v1: true },
  fluentbit_input_long_line_truncated_total: { kind: 'counter', instance: name, help: 'Lines cut at the limit.', v1: true },
  fluentbit_input_long_line_skipped_total: { kind: 'counter', instance: name, help: 'Lines left out for their length.', v1: true },
  fantail_tail_lost_bytes_total: { kind: 'counter', instance: name, help: 'Bytes known to be destroyed before they were read.' },
  fantail_tail_invalid_utf8_lines_total: { kind: 'counter', instance: name, help: 'Lines with bytes that are not UTF-8, replaced.' },
  fantail_files_followed: { kind: 'gauge', instance: name, help: 'Files followed.' },
  fantail_file_lag_bytes: { kind: 'gauge', instance: name, labels: ['path'], help: 'Bytes of the file that are not read yet.' },
  fantail_deleted_file_bytes: { kind: 'gauge', instance: name, help: 'Unread bytes that only our descriptors keep alive.' },

  fantail_journal_files: { kind: 'gauge', instance: name, help: 'Files of the journal that are open.' },
  fantail_journal_lag_entries: { kind: 'gauge', instance: name, help: 'Entries of the journal that are not read yet.' },
  fantail_journal_lost_entries_total: { kind: 'counter', instance: name, help: 'Entries deleted before they were read.' },
  fantail_journal_gaps_total: { kind: 'counter', instance: name, help: 'Times that entries, or all that was read, were found deleted.' },
  fantail_journal_invalid_utf8_total: {
    kind: 'counter', instance: name, help: 'Values of fields with bytes that are not UTF-8, replaced.'
  },
  fantail_journal_damaged_total: { kind: 'counter', instance: name, help: 'Entries and fields of the journal that were damaged.' },

  fantail_input_connections: { kind: 'gauge', instance: name, help: 'Connections that are open.' },
  fantail_kmsg_lost_messages_total: { kind: 'counter', instance: name, help: 'Messages that the kernel overwrote before they were read.' },
  fantail_cloudwatch_late_events_total: { kind: 'counter', instance: name, help: 'Events that arrived more than `lateness` after their own time and were left out; known an hour later.' },
  fantail_cloudwatch_lag_seconds: { kind: 'gauge', instance: name, help: 'Age of the newest arrival in CloudWatch up to which everything is read.' },

  // Filters
  fluentbit_filter_records_total: { kind: 'counter', instance: name, help: 'Records that the filter saw.', v1: true },
  fluentbit_filter_bytes_total: { kind: 'counter', instance: name, help: 'Bytes that the filter saw.', v1: true },
  fluentbit_filter_add_records_total: { kind: 'counter', instance: name, help: 'Records that the filter made.', v1: true },
  fluentbit_filter_drop_records_total: { kind: 'counter', instance: name, help: 'Records that the filter took out.', v1: true },
  fluentbit_filter_drop_bytes_total: { kind: 'counter', instance: name, help: 'Bytes that the filter took out.', v1: true },
  fluentbit_filter_emit_records_total: { kind: 'counter', instance: name, help: 'Records that the filter sent under another tag.', v1: true },
  fantail_filter_failures_total: { kind: 'counter', instance: name, help: 'Records that passed as they were because the filter failed.' },
  fantail_kubernetes_up: { kind: 'gauge', instance: name, help: 'Whether what the API server or the kubelet tells is kept up to date.' },
  fantail_kubernetes_leader: { kind: 'gauge', instance: name, help: 'Whether this agent is the one that reads.' },
  fantail_kubernetes_pods: { kind: 'gauge', instance: name, help: 'Pods of the node that are known.' },
  fantail_kubernetes_requests_total: { kind: 'counter', instance: name, help: 'Requests to the API server or the kubelet.' },
  fantail_kubernetes_resyncs_total: { kind: 'counter', instance: name, help: 'Times that all pods were read anew.' },
  fantail_kubernetes_failures_total: { kind: 'counter', instance: name, help: 'Requests and watches that failed.' },
  fantail_kubernetes_unknown_containers_total: {
    kind: 'counter', instance: name, help: 'Containers whose first records tell only what the tag does.'
  },
  fantail_kubernetes_rate_limited_records_total: {
    kind: 'counter', instance: name, help: 'Records taken out because their pod was above its own limit.'
  },

  // Outputs
  fluentbit_output_proc_records_total: { kind: 'counter', instance: name, help: 'Records delivered.', v1: true },
  fluentbit_output_proc_bytes_total: { kind: 'counter', instance: name, help: 'Bytes of records delivered.', v1: true },
  fluentbit_output_errors_total: { kind: 'counter', instance: name, help: 'Batches of which the destination refused records.', v1: true },
  fluentbit_output_retries_total: { kind: 'counter', instance: name, help: 'Batches to be tried again.', v1: true },
  fluentbit_output_retries_failed_total: { kind: 'counter', instance: name, help: 'Batches given up at the retry limit.', v1: true },
  fluentbit_output_dropped_records_total: {
    kind: 'counter', instance: name, help: 'Records not delivered: dead letters and drops.', v1: true
  },
  fluentbit_output_retried_records_total: { kind: 'counter', instance: name, help: 'Records to be tried again.', v1: true },
  fluentbit_output_upstream_total_connections: { kind: 'gauge', instance: name, help: 'Connections that are open.' },
  fluentbit_output_upstream_busy_connections: { kind: 'gauge', instance: name, help: 'Requests under way.' },
  fluentbit_output_chunk_available_capacity_percent: {
    kind: 'gauge', instance: name, help: 'Room that is left under the output\'s storage limit; 100 without one.'
  },
  fantail_output_long_events_total: { kind: 'counter', instance: name, help: 'Messages too long for one event, split or cut.' },
  fluentbit_output_latency_seconds: {
    kind: 'histogram', instance: 'output', help: 'From taking a frame out of the buffer to being done with it.',
    buckets: [0.5, 1, 1.5, 2.5, 5, 10, 20, 30]
  },
  fantail_output_request_seconds: { kind: 'histogram', instance: 'output', help: 'Time of one request.', buckets: WAITS },
  fantail_output_concurrency: { kind: 'gauge', instance: name, help: 'Requests that may be under way at once now.' },
  fantail_output_answering: { kind: 'gauge', instance: name, help: 'Whether the destination takes anything.' },
  fantail_output_waiting_records: { kind: 'gauge', instance: name, help: 'Records that wait for this output, parked ones included.' },
  fantail_output_waiting_bytes: { kind: 'gauge', instance: name, help: 'Bytes in the buffer that wait for this output.' },
  fantail_output_oldest_unsent_seconds: {
    kind: 'gauge', instance: name, help: 'Age of the oldest record that waits for this output; 0 when none does.'
  },
  fantail_output_parked: { kind: 'gauge', instance: name, help: 'Records set aside, to be tried at their own pace.' },
  fantail_output_parked_records_total: { kind: 'counter', instance: name, help: 'Records that were ever set aside.' },
  fantail_output_repeated_records_total: { kind: 'counter', instance: name, help: 'Records sent again though they may have arrived.' },
  fantail_output_fallback_records_total: { kind: 'counter', instance: name, help: 'Records that the fallback took instead.' },
  fantail_output_dead_letters_total: { kind: 'counter', instance: name, help: 'Records written to the dead letters.' },
  fantail_output_replayed_records_total: { kind: 'counter', instance: name, help: 'Dead letters sent again on request.' },
  fantail_output_drops_total: { kind: 'counter', instance: name, labels: ['reason'], help: 'Records given up, by reason.' },

  // Buffer
  fluentbit_storage_chunks: { kind: 'gauge', help: 'Frames in the buffer.' },
  fluentbit_storage_mem_chunks: { kind: 'gauge', help: 'Frames in memory.' },
  fluentbit_storage_fs_chunks: { kind: 'gauge', help: 'Frames on disk.' },
  fluentbit_storage_fs_chunks_up: { kind: 'gauge', help: 'Frames on disk that are in memory too.' },
  fluentbit_storage_fs_chunks_down: { kind: 'gauge', help: 'Frames that are on disk only.' },
  fantail_buffer_disk_bytes: { kind: 'gauge', help: 'Bytes of the log on disk.' },
  fantail_buffer_disk_limit_bytes: { kind: 'gauge', help: 'Bytes of the log on disk at which inputs wait.' },
  fantail_buffer_memory_bytes: { kind: 'gauge', help: 'Bytes of frames in memory.' },
  fantail_buffer_disk_full: { kind: 'gauge', help: 'Whether the disk refuses writes.' },
  fantail_buffer_corrupt_frames: { kind: 'gauge', help: 'Frames found corrupt.' },

  // Ledger: totals since the state directory was made, restarts included
  fantail_ledger_input_records_total: {
    kind: 'counter', instance: 'input', labels: ['term', 'reason'],
    help: 'Terms of the input equation: read + created = buffered + joined + filtered + dropped + held.'
  },
  fantail_ledger_input_held: { kind: 'gauge', instance: 'input', help: 'Lines that wait in joiners.' },
  fantail_ledger_output_records_total: {
    kind: 'counter', instance: 'output', labels: ['term', 'reason'],
    help: 'Terms of the output equation: routed = delivered + filtered + dead_lettered + dropped + fallback + waiting; repeated beside it.'
  },
  fantail_ledger_output_waiting: { kind: 'gauge', instance: 'output', help: 'Records routed here that found no end yet.' },
  fantail_ledger_imbalance: {
    kind: 'gauge', labels: ['kind', 'name'], help: 'What an equation of the ledger lacks; anything but 0 is a fault of the agent.'
  }
} as const satisfies Readonly<Record<string, MetricSpec>>

export type MetricName = keyof typeof metricNames

/** What is known of a metric; a name that is not in the table is a counter or gauge without a sentence. */
export function specOf(metric: string, kind: MetricSpec['kind']): MetricSpec {
  const table: Readonly<Record<string, MetricSpec>> = metricNames
  return table[metric] ?? { kind, instance: 'name', help: `${metric.replaceAll('_', ' ')}.` }
}
