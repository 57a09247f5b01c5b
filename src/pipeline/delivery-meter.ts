/** The figures that the delivery engine keeps of one output. */
import type { Counter, Meter } from '../plugin/context.ts'

/** What takes the observations of a histogram. */
export interface Observer {
  observe(value: number): void
}

/** A meter that has histograms too. */
export interface HistogramMeter extends Meter {
  histogram(name: string, labels?: { readonly [label: string]: string }): Observer
}

export interface DeliveryMeter {
  readonly records: Counter
  readonly bytes: Counter
  readonly errors: Counter
  readonly retries: Counter
  readonly retriesFailed: Counter
  readonly retriedRecords: Counter
  readonly droppedRecords: Counter
  readonly deadLetters: Counter
  readonly replayed: Counter
  readonly parked: Counter
  readonly repeated: Counter
  readonly fallback: Counter
  /** Seconds from taking a frame to being done with it. */
  readonly latency: Observer
  /** Seconds of one request. */
  readonly request: Observer
  dropped(reason: string, records: number): void
}

export function deliveryMeter(meter: HistogramMeter): DeliveryMeter {
  const dropped = new Map<string, Counter>()
  return {
    records: meter.counter('fluentbit_output_proc_records_total'),
    bytes: meter.counter('fluentbit_output_proc_bytes_total'),
    errors: meter.counter('fluentbit_output_errors_total'),
    retries: meter.counter('fluentbit_output_retries_total'),
    retriesFailed: meter.counter('fluentbit_output_retries_failed_total'),
    retriedRecords: meter.counter('fluentbit_output_retried_records_total'),
    droppedRecords: meter.counter('fluentbit_output_dropped_records_total'),
    deadLetters: meter.counter('fantail_output_dead_letters_total'),
    replayed: meter.counter('fantail_output_replayed_records_total'),
    parked: meter.counter('fantail_output_parked_records_total'),
    repeated: meter.counter('fantail_output_repeated_records_total'),
    fallback: meter.counter('fantail_output_fallback_records_total'),
    latency: meter.histogram('fluentbit_output_latency_seconds'),
    request: meter.histogram('fantail_output_request_seconds'),
    dropped(reason, records) {
      let counter = dropped.get(reason)
      if (counter === undefined) {
        counter = meter.counter('fantail_output_drops_total', { reason })
        dropped.set(reason, counter)
      }
      counter.value += records
    }
  }
}
