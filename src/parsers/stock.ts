/**
 * The parsers that Fluent Bit 5.1.1 ships in conf/parsers*.conf, under their names. The patterns are facts of
 * compatibility, so they stand here as they are there, oddities included. They are compiled when first used.
 */
import type { ParserDefinition } from './shared/definition.ts'

const OPENSTACK = String.raw`^(?<log_time>[^ ][-.\d\+:T]+[ ]*[.:\d]*)\s+(?<pid>[^ ]\d+)\s+(?<severity>[^ ][.-_\w]+)\s+(?<component>[^ ][.-_\w]+)(\s+\[(-|(?<req_id>[^ ][-\w]*) (?<req_user>[^ ][-\w]*) (?<req_project>[^ ][-\w]*) (?<req_domain>[^ ][-\w]*) (?<req_user_domain>[^ ][-\w]*) (?<req_project_domain>[^ ][-\w]*))\]){1}\s+(?<message>.*)$`

const APACHE_TIME = '%d/%b/%Y:%H:%M:%S %z'
const ISO_TIME = '%Y-%m-%dT%H:%M:%S.%L'
const ISO_ZONE_TIME = '%Y-%m-%dT%H:%M:%S.%L%z'

const definitions: readonly ParserDefinition[] = [
  // parsers.conf
  {
    name: 'apache', format: 'regex',
    regex: String.raw`^(?<host>[^ ]*) [^ ]* (?<user>[^ ]*) \[(?<time>[^\]]*)\] "(?<method>\S+)(?: +(?<path>[^\"]*?)(?: +\S*)?)?" (?<code>[^ ]*) (?<size>[^ ]*)(?: "(?<referer>[^\"]*)" "(?<agent>[^\"]*)")?$`,
    time_key: 'time', time_format: APACHE_TIME
  },
  {
    name: 'apache2', format: 'regex',
    regex: String.raw`^(?<host>[^ ]*) [^ ]* (?<user>[^ ]*) \[(?<time>[^\]]*)\] "(?<method>\S+)(?: +(?<path>[^ ]*) +\S*)?" (?<code>[^ ]*) (?<size>[^ ]*)(?: "(?<referer>[^\"]*)" "(?<agent>.*)")?$`,
    time_key: 'time', time_format: APACHE_TIME
  },
  {
    name: 'apache_error', format: 'regex',
    regex: String.raw`^\[[^ ]* (?<time>[^\]]*)\] \[(?<level>[^\]]*)\](?: \[pid (?<pid>[^\]]*)\])?( \[client (?<client>[^\]]*)\])? (?<message>.*)$`
  },
  {
    name: 'nginx', format: 'regex',
    regex: String.raw`^(?<remote>[^ ]*) (?<host>[^ ]*) (?<user>[^ ]*) \[(?<time>[^\]]*)\] "(?<method>\S+)(?: +(?<path>[^\"]*?)(?: +\S*)?)?" (?<code>[^ ]*) (?<size>[^ ]*)(?: "(?<referer>[^\"]*)" "(?<agent>[^\"]*)")`,
    time_key: 'time', time_format: APACHE_TIME
  },
  {
    name: 'k8s-nginx-ingress', format: 'regex',
    regex: String.raw`^(?<host>[^ ]*) - (?<user>[^ ]*) \[(?<time>[^\]]*)\] "(?<method>\S+)(?: +(?<path>[^\"]*?)(?: +\S*)?)?" (?<code>[^ ]*) (?<size>[^ ]*) "(?<referer>[^\"]*)" "(?<agent>[^\"]*)" (?<request_length>[^ ]*) (?<request_time>[^ ]*) \[(?<proxy_upstream_name>[^ ]*)\] (\[(?<proxy_alternative_upstream_name>[^ ]*)\] )?(?<upstream_addr>[^ ]*) (?<upstream_response_length>[^ ]*) (?<upstream_response_time>[^ ]*) (?<upstream_status>[^ ]*) (?<reg_id>[^ ]*).*$`,
    time_key: 'time', time_format: APACHE_TIME
  },
  {
    name: 'json', format: 'json',
    time_key: 'time', time_format: APACHE_TIME
  },
  {
    name: 'logfmt', format: 'logfmt'
  },
  {
    name: 'docker', format: 'json',
    time_key: 'time', time_format: ISO_TIME, time_keep: true
  },
  {
    name: 'docker-daemon', format: 'regex',
    regex: String.raw`time="(?<time>[^ ]*)" level=(?<level>[^ ]*) msg="(?<msg>[^ ].*)"`,
    time_key: 'time', time_format: ISO_TIME, time_keep: true
  },
  {
    name: 'syslog-rfc5424', format: 'regex',
    regex: String.raw`^\<(?<pri>[0-9]{1,5})\>1 (?<time>[^ ]+) (?<host>[^ ]+) (?<ident>[^ ]+) (?<pid>[-0-9]+) (?<msgid>[^ ]+) (?<extradata>(\[(.*?)\]|-)) (?<message>.+)$`,
    time_key: 'time', time_format: ISO_ZONE_TIME, time_keep: true
  },
  {
    name: 'syslog-rfc3164-local', format: 'regex',
    regex: String.raw`^\<(?<pri>[0-9]+)\>(?<time>[^ ]* {1,2}[^ ]* [^ ]*) (?<ident>[a-zA-Z0-9_\/\.\-]*)(?:\[(?<pid>[0-9]+)\])?(?:[^\:]*\:)? *(?<message>.*)$`,
    time_key: 'time', time_format: '%b %d %H:%M:%S', time_keep: true
  },
  {
    name: 'syslog-rfc3164', format: 'regex',
    regex: String.raw`/^\<(?<pri>[0-9]+)\>(?<time>[^ ]* {1,2}[^ ]* [^ ]*) (?<host>[^ ]*) (?<ident>[a-zA-Z0-9_\/\.\-]*)(?:\[(?<pid>[0-9]+)\])?(?:[^\:]*\:)? *(?<message>.*)$/`,
    time_key: 'time', time_format: '%b %d %H:%M:%S', time_keep: true
  },
  {
    name: 'mongodb', format: 'regex',
    regex: String.raw`^(?<time>[^ ]*)\s+(?<severity>\w)\s+(?<component>[^ ]+)\s+\[(?<context>[^\]]+)]\s+(?<message>.*?) *(?<ms>(\d+))?(:?ms)?$`,
    time_key: 'time', time_format: ISO_TIME, time_keep: true
  },
  {
    name: 'envoy', format: 'regex',
    regex: String.raw`^\[(?<start_time>[^\]]*)\] "(?<method>\S+)(?: +(?<path>[^\"]*?)(?: +\S*)?)? (?<protocol>\S+)" (?<code>[^ ]*) (?<response_flags>[^ ]*) (?<bytes_received>[^ ]*) (?<bytes_sent>[^ ]*) (?<duration>[^ ]*) (?<x_envoy_upstream_service_time>[^ ]*) "(?<x_forwarded_for>[^ ]*)" "(?<user_agent>[^\"]*)" "(?<request_id>[^\"]*)" "(?<authority>[^ ]*)" "(?<upstream_host>[^ ]*)"`,
    time_key: 'start_time', time_format: ISO_ZONE_TIME, time_keep: true
  },
  {
    name: 'istio-envoy-proxy', format: 'regex',
    regex: String.raw`^\[(?<start_time>[^\]]*)\] "(?<method>\S+)(?: +(?<path>[^\"]*?)(?: +\S*)?)? (?<protocol>\S+)" (?<response_code>[^ ]*) (?<response_flags>[^ ]*) (?<response_code_details>[^ ]*) (?<connection_termination_details>[^ ]*) "(?<upstream_transport_failure_reason>[^ ]*)" (?<bytes_received>[^ ]*) (?<bytes_sent>[^ ]*) (?<duration>[^ ]*) (?<x_envoy_upstream_service_time>[^ ]*) "(?<x_forwarded_for>[^ ]*)" "(?<user_agent>[^\"]*)" "(?<x_request_id>[^\"]*)" "(?<authority>[^ ]*)" "(?<upstream_host>[^ ]*)" (?<upstream_cluster>[^ ]*) (?<upstream_local_address>[^ ]*) (?<downstream_local_address>[^ ]*) (?<downstream_remote_address>[^ ]*) (?<requested_server_name>[^ ]*) (?<route_name>[^  ]*)$`,
    time_key: 'start_time', time_format: ISO_ZONE_TIME, time_keep: true
  },
  {
    name: 'cri', format: 'regex',
    regex: String.raw`^(?<time>[^ ]+) (?<stream>stdout|stderr) (?<logtag>[^ ]*) (?<message>.*)$`,
    time_key: 'time', time_format: ISO_ZONE_TIME, time_keep: true
  },
  {
    name: 'kube-custom', format: 'regex',
    regex: String.raw`(?<tag>[^.]+)?\.?(?<pod_name>[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)_(?<namespace_name>[^_]+)_(?<container_name>.+)-(?<docker_id>[a-z0-9]{64})\.log$`
  },
  {
    name: 'kmsg-netfilter-log', format: 'regex',
    regex: String.raw`^\<(?<pri>[0-9]{1,5})\>1 (?<time>[^ ]+) (?<host>[^ ]+) kernel - - - \[[0-9\.]*\] (?<logprefix>[^ ]*)\s?IN=(?<in>[^ ]*) OUT=(?<out>[^ ]*) MAC=(?<macsrc>[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}):(?<macdst>[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}:[0-9a-f]{2}):(?<ethtype>[0-9a-f]{2}:[0-9a-f]{2}) SRC=(?<saddr>[^ ]*) DST=(?<daddr>[^ ]*) LEN=(?<len>[^ ]*) TOS=(?<tos>[^ ]*) PREC=(?<prec>[^ ]*) TTL=(?<ttl>[^ ]*) ID=(?<id>[^ ]*) (D*F*)\s*PROTO=(?<proto>[^ ]*)\s?((SPT=)?(?<sport>[0-9]*))\s?((DPT=)?(?<dport>[0-9]*))\s?((LEN=)?(?<protolen>[0-9]*))\s?((WINDOW=)?(?<window>[0-9]*))\s?((RES=)?(?<res>0?x?[0-9]*))\s?(?<flag>[^ ]*)\s?((URGP=)?(?<urgp>[0-9]*))`,
    time_key: 'time', time_format: ISO_ZONE_TIME
  },
  // parsers_ambassador.conf
  {
    name: 'ambassador', format: 'regex',
    regex: String.raw`^(?<type>\S+) \[(?<time>[^\]]*)\] "(?<method>\S+)(?: +(?<path>(?:[^\"]|\\.)*?)(?: +\S*)?) (?<protocol>\S+)?" (?<response_code>\S+) (?<response_flags>\S+) (?<bytes_received>\S+) (?<bytes_sent>\S+) (?<duration>\S+) (?<x_envoy_upstream_service_time>\S+) "(?<x_forwarded_for>[^\"]*)" "(?<user_agent>[^\"]*)" "(?<x_request_id>[^\"]*)" "(?<authority>[^\"]*)" "(?<upstream_host>[^\"]*)"`
  },
  // parsers_cinder.conf
  {
    name: 'ceph', format: 'regex',
    regex: String.raw`^(?<log_time>[^ ][-.\d\+:T]+[ ]*[.:\d]*)\s+(?<message>.*)$`,
    time_key: 'log_time', time_format: '%Y-%m-%d %H:%M:%S.%L'
  },
  // parsers_extra.conf
  {
    name: 'crowbar', format: 'regex',
    regex: String.raw`^.*\[(?<log_time>[^ ][-.\d\+:]+T[:\d]*)([^\]])*?\]\s+?(?<severity>[^ ]\w+)([\s-]*):?\s+(?<message>.*)`,
    time_key: 'log_time', time_format: '%Y-%m-%dT%H:%M:%S'
  },
  {
    name: 'chefclient', format: 'regex',
    regex: String.raw`^\[(?<log_time>[^ ][-.\d\+:]+T[:\d]*)([^\]])*?\]\s+(?<severity>[^ ]\w+):\s+(?<message>.*)$`,
    time_key: 'log_time', time_format: '%Y-%m-%dT%H:%M:%S'
  },
  {
    name: 'mysql_error', format: 'regex',
    regex: String.raw`^(?<log_time>[^ +][-\d]+[\ T]*[:\dZ]+)\s*(?<myid>[^ ]\d+)\s+\[(?<severity>[^ ]\w+)\](\s+(?<subsystem>[^ ]\w+):){0,1}\s+(?<message>.*)$`,
    time_key: 'log_time', time_format: '%Y-%m-%d %H:%M:%S'
  },
  {
    name: 'mysql_slow', format: 'regex',
    regex: String.raw`^# User\@Host:\s+(?<user>[^\@][\w\[\]]+)[@\s]+(?<dbhost>[^ ][-.\w]+)\s+(\[(?<dbhost_address>[.\d]+)\]){0,1}\s+(?<message>.*)$`
  },
  {
    name: 'pacemaker', format: 'regex',
    regex: String.raw`^\s*(?<log_time>[^ ]* {1,2}[^ ]* [^ ]*) \[(?<pid>\d+)\] (?<node>[\-\w]*)\s*(?<component>\w*):\s+(?<severity>\w+):\s+(?<message>.*)$`,
    time_key: 'log_time', time_format: '%b %d %H:%M:%S'
  },
  {
    name: 'rabbitmq', format: 'regex',
    regex: String.raw`^=(?<severity>[^ ]\w+)\s+REPORT[=\s]*(?<log_time>[^ =][-:.\d\w]+)[\s=]+(?<message>.*)$`,
    time_key: 'log_time', time_format: '%d-%b-%Y::%H:%M:%S'
  },
  {
    name: 'http_statement', format: 'regex',
    regex: String.raw`^.*((?<req_method>GET|POST|PUT|DELETE|CONNECT|OPTIONS|HEAD[^ ]\w+)\s*(?<req_path>[^ ][-._?=%&\/[:alnum:]]*)\s*(?<req_protocol>[^ ][.\/\dHTFSP]+){0,1})(['"\s]*){0,1}((\s*status:\s*(?<req_status>[^ ]\d+)){0,1}(\s*len:\ (?<req_len>[^ ]\d+)){0,1}(\s*time:\s*(?<req_log_time>[^ ][.\d]+)){0,1}(\s*microversion:\s*(?<req_mver>[^ ][.\d]+)){0,1}){0,1}$`
  },
  {
    name: 'universal', format: 'regex',
    regex: String.raw`^(?<message>.*)$`
  },
  {
    name: 'uuid', format: 'regex',
    regex: String.raw`(?<uuid>[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[1-5][0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12})`
  },
  {
    name: 'iptables', format: 'regex',
    regex: String.raw`\[(?<rule_chain>\w*)-(?<rule_name>\w*)-(?<accept_or_drop>\w*)\]IN=(?<in_interface>[\w.]+)? OUT=(?<out_interface>[\w.]+)? MAC=(?<mac_address>[\w:]+)? SRC=(?<source>(?:[0-9]{1,3}\.){3}[0-9]{1,3}) DST=(?<dest>(?:[0-9]{1,3}\.){3}[0-9]{1,3}) LEN=(?<pkt_len>\d+) TOS=(?<pkt_tos>[\w\d]+) PREC=(?<pkt_prec>[\w\d]+) TTL=(?<pkt_ttl>\d+) ID=(?<pkt_id>\d+)\s?(?<pkg_frg>[A-Z\s].?)\s?PROTO=(?<protocol>[\w\d]+) (SPT=(?<source_port>.*) DPT=(?<dest_port>.*) (LEN=(?<proto_pkt_len>\w+)?)?(WINDOW=(?<proto_window_size>\d+) RES=(?<pkt_res>\w+)? (?<pkt_type>\w+)\s((?<pkt_flag>\w+)?)\s?URGP=(?<pkg_urgency>\d))? )?(TYPE=(?<pkt_icmp_type>\d+) CODE=(?<pkt_icmp_code>\d+) ID=(?<pkt_icmp_id>\d+) SEQ=(?<pkt_icmp_seq>\d+) )?$`,
    types: 'source_port:integer,dest_port:integer,pkt_ttl:integer,pkt_tos:integer,pkt_len:integer'
  },
  {
    name: 'couchbase_json_log_nanoseconds', format: 'json',
    time_key: 'timestamp', time_format: ISO_TIME, time_keep: true
  },
  {
    name: 'couchbase_rebalance_report', format: 'json',
    time_key: 'timestamp', time_format: '%Y-%m-%dT%H:%M:%SZ', time_keep: true
  },
  {
    name: 'couchbase_simple_log', format: 'regex',
    regex: String.raw`^(?<timestamp>\d+-\d+-\d+T\d+:\d+:\d+\.\d+(\+|-)\d+:\d+)\s+\[(?<level>\w+)\](?<message>.*)$`,
    time_key: 'timestamp', time_format: ISO_ZONE_TIME, time_keep: true
  },
  {
    name: 'couchbase_simple_log_space_separated', format: 'regex',
    regex: String.raw`^(?<timestamp>\d+-\d+-\d+T\d+:\d+:\d+\.\d+(\+|-)\d+:\d+)\s+(?<level>\w+)\s+(?<message>.*)$`,
    time_key: 'timestamp', time_format: ISO_ZONE_TIME, time_keep: true
  },
  {
    name: 'couchbase_simple_log_utc', format: 'regex',
    regex: String.raw`^(?<timestamp>\d+-\d+-\d+T\d+:\d+:\d+\.\d+Z)\s+(?<level>\w+)(?<message>.*)$`,
    time_key: 'timestamp', time_format: '%Y-%m-%dT%H:%M:%S.%LZ', time_keep: true
  },
  {
    name: 'couchbase_simple_log_mixed', format: 'regex',
    regex: String.raw`^(?<timestamp>\d+(-|/)\d+(-|/)\d+(T|\s+)\d+:\d+:\d+(\.\d+(\+|-)\d+:\d+|))\s+((\[)?(?<level>\w+)(\]|:))(?<message>.*)$`,
    time_key: 'timestamp', time_keep: true
  },
  {
    name: 'couchbase_erlang_multiline', format: 'regex',
    regex: String.raw`\[(?<logger>\w+):(?<level>\w+),(?<timestamp>\d+-\d+-\d+T\d+:\d+:\d+.\d+Z),(?<message>.*)$`,
    time_key: 'timestamp', time_format: ISO_TIME, time_keep: true
  },
  {
    name: 'couchbase_java_multiline', format: 'regex',
    regex: String.raw`^(?<timestamp>\d+-\d+-\d+T\d+:\d+:\d+\.\d+(\+|-)\d+:\d+)\s+(?<level>\w+)\s+(?<class>.*)\s+\[(?<thread>.*)\]\s+(?<message>.*)$`,
    time_key: 'timestamp', time_format: ISO_ZONE_TIME, time_keep: true
  },
  {
    name: 'couchbase_http', format: 'regex',
    regex: String.raw`^(?<host>[^ ]*) [^ ]* (?<user>[^ ]*) \[(?<timestamp>[^\]]*)\] "(?<method>\S+)(?: +(?<path>[^ ]*) +\S*)?" (?<code>[^ ]*) (?<size>[^ ]*) - (?<client>.*)$`,
    time_key: 'timestamp', time_format: APACHE_TIME, time_keep: true
  },
  // parsers_java.conf
  {
    name: 'java_multiline', format: 'regex',
    regex: String.raw`/^(?<time>\d{4}-\d{1,2}-\d{1,2} \d{1,2}:\d{1,2}:\d{1,2}) \[(?<thread>.*)\] (?<level>[^\s]+)(?<message>.*)/`,
    time_key: 'time', time_format: '%Y-%m-%d %H:%M:%S'
  },
  // parsers_kafka.conf
  {
    name: 'confluent-schema-registry', format: 'regex',
    regex: String.raw`^\[(?<time>\d{4}-\d{1,2}-\d{1,2} \d{2}:\d{2}:\d{2},\d{1,4})] (?<level>[A-Z]{1,8}) (?<src>[\d.]+) - - \[(?<date>.*)] \"(?<method>[A-Z]+) (?<path>\/[\S]+|\/) (?<http_version>HTTP\/[\d]\.[\d])\" (?<code>[\d]{1,3}) (?<size>[\d]+) \"-\" \"(?<agent>.*)\" (?<extra_info>.*)`,
    time_key: 'time', time_format: '%Y-%m-%d %H:%M:%S,%L'
  },
  {
    name: 'confluent-schema-registry-prefixed', format: 'regex',
    regex: String.raw`^\[(?<_sr_time>\d{4}-\d{1,2}-\d{1,2} \d{2}:\d{2}:\d{2},\d{1,4})] (?<_sr_level>[A-Z]{1,8}) (?<_sr_src>[\d.]+) - - \[(?<_sr_date>.*)] \"(?<_sr_method>[A-Z]+) (?<_sr_path>\/[\S]+|\/) (?<_sr_http_version>HTTP\/[\d]\.[\d])\" (?<_sr_code>[\d]{1,3}) (?<_sr_size>[\d]+) \"-\" \"(?<_sr_agent>.*)\" (?<_sr_extra_info>.*)`,
    time_key: '_sr_time', time_format: '%Y-%m-%d %H:%M:%S,%L'
  },
  // parsers_mult.conf
  {
    name: 'mult_first', format: 'regex',
    regex: String.raw`Started (?<method>[^ ]+) "(?<path>[^"]+)" for (?<host>[^ ]+) at (?<time>[^ ]+ [^ ]+ [^ ]+)`,
    time_key: 'time', time_format: '%Y-%m-%d %H:%M:%S %z'
  },
  {
    name: 'mult_1', format: 'regex',
    regex: String.raw`/Processing by (?<controller>[^\u0023]+)\u0023(?<controller_method>[^ ]+) as (?<format>[^ ]+?)$/`
  },
  {
    name: 'mult_2', format: 'regex',
    regex: String.raw`(  Parameters: (?<parameters>[^ ]+))?`
  },
  {
    name: 'mult_3', format: 'regex',
    regex: String.raw`/  Rendered (?<template>[^ ]+) within (?<layout>.+) \([\d\.]+ms\)/`
  },
  {
    name: 'mult_4', format: 'regex',
    regex: String.raw`Completed (?<code>[^ ]+) [^ ]+ in (?<runtime>[\d\.]+)ms \(Views: (?<view_runtime>[\d\.]+)ms \| ActiveRecord: (?<ar_runtime>[\d\.]+)ms\)`
  },
  // parsers_openstack.conf
  {
    name: 'cinder', format: 'regex', regex: OPENSTACK,
    time_key: 'log_time', time_format: '%Y-%m-%d %H:%M:%S.%L'
  },
  {
    name: 'glance', format: 'regex', regex: OPENSTACK,
    time_key: 'log_time', time_format: '%Y-%m-%d %H:%M:%S.%L'
  },
  {
    name: 'heat', format: 'regex', regex: OPENSTACK,
    time_key: 'log_time', time_format: '%Y-%m-%d %H:%M:%S.%L'
  },
  {
    name: 'keystone', format: 'regex', regex: OPENSTACK,
    time_key: 'log_time', time_format: '%Y-%m-%d %H:%M:%S.%L'
  },
  {
    name: 'neutron', format: 'regex', regex: OPENSTACK,
    time_key: 'log_time', time_format: '%Y-%m-%d %H:%M:%S.%L'
  },
  {
    name: 'nova', format: 'regex', regex: OPENSTACK,
    time_key: 'log_time', time_format: '%Y-%m-%d %H:%M:%S.%L'
  }
]

/** By name. */
export const stockDefinitions: ReadonlyMap<string, ParserDefinition> = new Map(
  definitions.map((definition) => [definition.name, definition])
)
