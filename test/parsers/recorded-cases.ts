/** What Fluent Bit 5.1.1 makes of some lines, as recorded: `<now>` stands for the time of reading. */
import type { MultilineDefinition, ParserDefinition } from '../../src/parsers/shared/definition.ts'

export interface RecordedCase {
  readonly name: string
  readonly lines: readonly string[]
  readonly expected: readonly string[]
  readonly parser?: ParserDefinition
  readonly multiline?: MultilineDefinition
  readonly joiner?: readonly string[]
}

export const recordedCases: readonly RecordedCase[] = [
  {
    name: 'multiline-custom',
    lines: [
      '2026-11-22 first',
      '  more',
      "\tand more",
      '2026-11-23 second',
      'stray line',
      '2026-11-24 third',
      '  tail'
    ],
    expected: [
      String.raw`{"date":<now>,"log":"2026-11-22 first\n  more\n\tand more\n"}`,
      String.raw`{"date":<now>,"log":"2026-11-23 second\n"}`,
      String.raw`{"date":<now>,"log":"stray line\n"}`
    ],
    joiner: [
      'mine'
    ],
    multiline: { name: 'mine', type: 'regex', flush_timeout: 1000, rules: [
      { states: [
        'start_state'
      ], regex: String.raw`/^\d{4}-\d\d-\d\d /`, next: 'cont' },
      { states: [
        'cont'
      ], regex: String.raw`/^\s+/`, next: 'cont' }
    ] }
  },
  {
    name: 'multiline-docker',
    lines: [
      String.raw`{"log":"one\n","stream":"stdout","time":"2026-11-22T10:00:00.000000001Z"}`,
      '{"log":"par","stream":"stdout","time":"2026-11-22T10:00:01Z"}',
      String.raw`{"log":"tial\n","stream":"stdout","time":"2026-11-22T10:00:02Z"}`,
      String.raw`{"log":"err\n","stream":"stderr","time":"2026-11-22T10:00:03.5Z"}`
    ],
    expected: [
      String.raw`{"date":1795341600.0,"log":"one\n","stream":"stdout","time":"2026-11-22T10:00:00.000000001Z"}`,
      String.raw`{"date":1795341601.0,"log":"partial\n","stream":"stdout","time":"2026-11-22T10:00:01Z"}`,
      String.raw`{"date":1795341603.5,"log":"err\n","stream":"stderr","time":"2026-11-22T10:00:03.5Z"}`
    ],
    joiner: [
      'docker'
    ]
  },
  {
    name: 'multiline-endswith-negate',
    lines: [
      "a \\",
      "b \\",
      'c',
      'd'
    ],
    expected: [
      String.raw`{"date":<now>,"log":"a \\\nb \\\nc\n"}`,
      String.raw`{"date":<now>,"log":"d\n"}`
    ],
    joiner: [
      'bs'
    ],
    multiline: { name: 'bs', type: 'endswith', match_string: "\\", negate: true }
  },
  {
    name: 'multiline-go',
    lines: [
      'hello',
      'panic: my panic',
      '',
      'goroutine 4 [running]:',
      'panic(0x45cb40, 0x47ad70)',
      "\t/usr/local/go/src/runtime/panic.go:542 +0x46c fp=0xc42003f7b8",
      'main.main.func1(0xc420024120)',
      "\tfoo.go:6 +0x39",
      'created by main.main',
      "\tfoo.go:5 +0x58",
      '',
      'goroutine 1 [chan receive]:',
      'main.main()',
      "\tfoo.go:9 +0x66",
      'after panic'
    ],
    expected: [
      String.raw`{"date":<now>,"log":"hello\n"}`,
      String.raw`{"date":<now>,"log":"panic: my panic\n\ngoroutine 4 [running]:\npanic(0x45cb40, 0x47ad70)\n\t/usr/local/go/src/runtime/panic.go:542 +0x46c fp=0xc42003f7b8\nmain.main.func1(0xc420024120)\n\tfoo.go:6 +0x39\ncreated by main.main\n\tfoo.go:5 +0x58\n\ngoroutine 1 [chan receive]:\nmain.main()\n\tfoo.go:9 +0x66\n"}`,
      String.raw`{"date":<now>,"log":"after panic\n"}`
    ],
    joiner: [
      'go'
    ]
  },
  {
    name: 'multiline-java',
    lines: [
      'single line',
      'Exception in thread "main" java.lang.IllegalStateException: boom',
      "\tat com.x.A.b(A.java:1)",
      "\tat com.x.A.c(A.java:2)",
      'Caused by: java.lang.NullPointerException: npe',
      "\tat com.x.D.e(D.java:3)",
      "\t... 2 more",
      'after one',
      'java.lang.RuntimeException: second',
      "\tat q.w(E.java:9)",
      'last'
    ],
    expected: [
      String.raw`{"date":<now>,"log":"single line\n"}`,
      String.raw`{"date":<now>,"log":"Exception in thread \"main\" java.lang.IllegalStateException: boom\n\tat com.x.A.b(A.java:1)\n\tat com.x.A.c(A.java:2)\nCaused by: java.lang.NullPointerException: npe\n\tat com.x.D.e(D.java:3)\n\t... 2 more\n"}`,
      String.raw`{"date":<now>,"log":"after one\n"}`,
      String.raw`{"date":<now>,"log":"java.lang.RuntimeException: second\n\tat q.w(E.java:9)\n"}`,
      String.raw`{"date":<now>,"log":"last\n"}`
    ],
    joiner: [
      'java'
    ]
  },
  {
    name: 'multiline-ruby',
    lines: [
      'ok',
      "/app/x.rb:6:in `/': divided by 0 (ZeroDivisionError)",
      "\tfrom /app/x.rb:6:in `subcaller'",
      "\tfrom /app/x.rb:2:in `caller'",
      'next'
    ],
    expected: [
      String.raw`{"date":<now>,"log":"ok\n"}`,
      "{\"date\":<now>,\"log\":\"/app/x.rb:6:in `/': divided by 0 (ZeroDivisionError)\\n\\tfrom /app/x.rb:6:in `subcaller'\\n\\tfrom /app/x.rb:2:in `caller'\\n\"}",
      String.raw`{"date":<now>,"log":"next\n"}`
    ],
    joiner: [
      'ruby'
    ]
  },
  {
    name: 'parser-json-basic',
    lines: [
      '{"a":1,"b":"x","c":null,"d":[1,2,{"e":3}],"f":{"g":1.5}}',
      'not json',
      '{"a":',
      '[1,2]',
      '"str"',
      '{}',
      '{"trailing":1} junk'
    ],
    expected: [
      '{"date":<now>,"a":1,"b":"x","c":null,"d":[1,2,{"e":3}],"f":{"g":1.5}}',
      '{"date":<now>,"log":"not json"}',
      String.raw`{"date":<now>,"log":"{\"a\":"}`,
      '{"date":<now>,"log":"[1,2]"}',
      String.raw`{"date":<now>,"log":"\"str\""}`,
      '{"date":<now>}',
      '{"date":<now>,"trailing":1}'
    ],
    parser: { name: 'j', format: 'json' }
  },
  {
    name: 'parser-json-decode-escaped',
    lines: [
      String.raw`{"log":"a\\nb\\tc \\\"q\\\""}`
    ],
    expected: [
      String.raw`{"date":<now>,"log":"a\nb\tc \"q\""}`
    ],
    parser: { name: 'j', format: 'json', decoders: [
      { replaces: true, words: [
        'escaped',
        'log'
      ] }
    ] }
  },
  {
    name: 'parser-json-decode-field-as-json',
    lines: [
      String.raw`{"log":"{\"inner\":1}","keep":true}`,
      '{"log":"plain"}',
      '{"log":"[1,2]"}'
    ],
    expected: [
      '{"date":<now>,"log":{"inner":1},"keep":true}',
      '{"date":<now>,"log":"plain"}',
      '{"date":<now>,"log":"[1,2]"}'
    ],
    parser: { name: 'j', format: 'json', decoders: [
      { replaces: true, words: [
        'json',
        'log'
      ] }
    ] }
  },
  {
    name: 'parser-json-escapes',
    lines: [
      String.raw`{"q":"a\"b\\c\/d","n":"l1\nl2\tx","u":"\u00e9\u4e2d\ud83d\ude00","raw":"é中😀"}`
    ],
    expected: [
      String.raw`{"date":<now>,"q":"a\"b\\c/d","n":"l1\nl2\tx","u":"\u00e9\u4e2d\ud83d\ude00","raw":"\u00e9\u4e2d\ud83d\ude00"}`
    ],
    parser: { name: 'j', format: 'json' }
  },
  {
    name: 'parser-json-numbers',
    lines: [
      '{"i":9007199254740993,"neg":-42,"big":18446744073709551615,"f":0.1,"e":1e10,"z":-0.0,"t":1.0}'
    ],
    expected: [
      '{"date":<now>,"i":9007199254740993,"neg":-42,"big":18446744073709551615,"f":0.1,"e":10000000000.0,"z":-0.0,"t":1.0}'
    ],
    parser: { name: 'j', format: 'json' }
  },
  {
    name: 'parser-json-time-keep',
    lines: [
      '{"time":"2026-11-22T10:00:00.123+01:00","m":1}'
    ],
    expected: [
      '{"date":1795338000.123,"time":"2026-11-22T10:00:00.123+01:00","m":1}'
    ],
    parser: { name: 'j', format: 'json', time_key: 'time', time_format: '%Y-%m-%dT%H:%M:%S.%L%z', time_keep: true }
  },
  {
    name: 'parser-logfmt',
    lines: [
      String.raw`level=info msg="hello \"w\" x" n=42 ok bare= empty="" path=/a/b?c=d`,
      'no pairs here',
      '=bad',
      String.raw`사용자=값 k="é"`
    ],
    expected: [
      String.raw`{"date":<now>,"level":"info","msg":"hello \"w\" x","n":"42","ok":true,"bare":true,"empty":"","path":"/a/b?c","d":true}`,
      '{"date":<now>,"no":true,"pairs":true,"here":true}',
      '{"date":<now>,"bad":true}',
      String.raw`{"date":<now>,"\uc0ac\uc6a9\uc790":"\uac12","k":"\u00e9"}`
    ],
    parser: { name: 'p', format: 'logfmt' }
  },
  {
    name: 'parser-logfmt-no-bare',
    lines: [
      'a=1 b=2',
      'a=1 bare'
    ],
    expected: [
      '{"date":<now>,"a":"1","b":"2"}',
      '{"date":<now>,"log":"a=1 bare"}'
    ],
    parser: { name: 'p', format: 'logfmt', logfmt_no_bare_keys: true }
  },
  {
    name: 'parser-ltsv',
    lines: [
      "host:127.0.0.1\ttime:[10/Oct/2026:13:55:36 -0700]\treq:GET / HTTP/1.1\tstatus:200\tsize:2326",
      'broken line',
      "label:\tx:y"
    ],
    expected: [
      '{"date":1791665736.0,"host":"127.0.0.1","req":"GET / HTTP/1.1","status":200,"size":2326}',
      '{"date":<now>,"log":"broken line"}',
      '{"date":<now>,"label":"","x":"y"}'
    ],
    parser: { name: 'p', format: 'ltsv', time_key: 'time', time_format: '[%d/%b/%Y:%H:%M:%S %z]', types: 'status:integer size:integer' }
  },
  {
    name: 'parser-regex-klog',
    lines: [
      'I1122 10:00:00.161947       1 controller.go:529] "Starting" worker="a"',
      'E0102 03:04:05.000001   77 x.go:1] boom'
    ],
    expected: [
      String.raw`{"date":<now>,"level":"I","mmdd":"1122","clock":"10:00:00.161947","thread":1,"source":"controller.go","line":529,"message":"\"Starting\" worker=\"a\""}`,
      '{"date":<now>,"level":"E","mmdd":"0102","clock":"03:04:05.000001","thread":77,"source":"x.go","line":1,"message":"boom"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<level>[IWEF])(?<mmdd>\d{4}) (?<clock>\d\d:\d\d:\d\d\.\d+)\s+(?<thread>\d+) (?<source>[^:]+):(?<line>\d+)\] (?<message>.*)$`, types: 'line:integer thread:integer' }
  },
  {
    name: 'parser-regex-onigmo-slashes-and-options',
    lines: [
      'hello World',
      'HELLO bob',
      'bye'
    ],
    expected: [
      '{"date":<now>,"name":"World"}',
      '{"date":<now>,"name":"bob"}',
      '{"date":<now>,"log":"bye"}'
    ],
    parser: { name: 'p', format: 'regex', regex: '/^HELLO (?<name>[a-z]+)$/i' }
  },
  {
    name: 'parser-regex-posix-classes',
    lines: [
      '12 abc def',
      "7\tXyz",
      'no'
    ],
    expected: [
      '{"date":<now>,"num":"12","word":"abc","rest":" def"}',
      '{"date":<now>,"num":"7","word":"Xyz"}',
      '{"date":<now>,"log":"no"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<num>[[:digit:]]+)[[:space:]]+(?<word>[[:alpha:]]+)\h*(?<rest>.*)$` }
  },
  {
    name: 'parser-regex-skip-empty-off',
    lines: [
      '1,2,3',
      '1,,3'
    ],
    expected: [
      '{"date":<now>,"a":"1","b":"2","c":"3"}',
      '{"date":<now>,"a":"1","b":"","c":"3"}'
    ],
    parser: { name: 'p', format: 'regex', regex: '^(?<a>[^,]*),(?<b>[^,]*),(?<c>[^,]*)$', skip_empty_values: false }
  },
  {
    name: 'parser-regex-syslog-rfc3164',
    lines: [
      '<34>Oct 11 22:14:15 mymachine su: failed for lonvick on /dev/pts/8',
      '<13>Feb  5 17:32:18 10.0.0.99 sshd[814]: Accepted publickey'
    ],
    expected: [
      '{"date":<now>,"pri":"34","time":"Oct 11 22:14:15","host":"mymachine","ident":"su","message":"failed for lonvick on /dev/pts/8"}',
      '{"date":<now>,"pri":"13","time":"Feb  5 17:32:18","host":"10.0.0.99","ident":"sshd","pid":"814","message":"Accepted publickey"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^\<(?<pri>[0-9]+)\>(?<time>[^ ]* {1,2}[^ ]* [^ ]*) (?<host>[^ ]*) (?<ident>[a-zA-Z0-9_\/\.\-]*)(?:\[(?<pid>[0-9]+)\])?(?:[^\:]*\:)? *(?<message>.*)$` }
  },
  {
    name: 'parser-regex-types',
    lines: [
      '1 2.5 true 0xff plain',
      '-7 1e3 FALSE ff x',
      'abc 1.x yes zz y'
    ],
    expected: [
      '{"date":<now>,"a":1,"b":2.5,"c":true,"d":255,"e":"plain"}',
      '{"date":<now>,"a":-7,"b":1000.0,"c":false,"d":255,"e":"x"}',
      '{"date":<now>,"a":0,"b":1.0,"c":"yes","d":0,"e":"y"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<a>\S+) (?<b>\S+) (?<c>\S+) (?<d>\S+) (?<e>\S+)$`, types: 'a:integer b:float c:bool d:hex e:string' }
  },
  {
    name: 'parser-time-T',
    lines: [
      '2026-03-04T05:06:07 a',
      '2026-03-04T25:06:07 b'
    ],
    expected: [
      '{"date":1772600767.0,"m":"a"}',
      '{"date":<now>,"m":"b"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%FT%T' }
  },
  {
    name: 'parser-time-T-keep',
    lines: [
      '2026-03-04T05:06:07 a',
      '2026-03-04T25:06:07 b'
    ],
    expected: [
      '{"date":1772600767.0,"time":"2026-03-04T05:06:07","m":"a"}',
      '{"date":<now>,"m":"b"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%FT%T', time_keep: true }
  },
  {
    name: 'parser-time-ampm-keep',
    lines: [
      '22/Nov/2026:01:02:03PM a',
      '22/nov/2026:12:00:00AM b',
      '22/NOV/2026:12:00:00pm c'
    ],
    expected: [
      '{"date":1795352523.0,"time":"22/Nov/2026:01:02:03PM","m":"a"}',
      '{"date":1795305600.0,"time":"22/nov/2026:12:00:00AM","m":"b"}',
      '{"date":1795348800.0,"time":"22/NOV/2026:12:00:00pm","m":"c"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%d/%b/%Y:%I:%M:%S%p', time_keep: true }
  },
  {
    name: 'parser-time-comma-frac-keep',
    lines: [
      '2026-01-02_03:04:05,678 a',
      '2026-01-02_03:04:05,1 b'
    ],
    expected: [
      '{"date":1767323045.678,"time":"2026-01-02_03:04:05,678","m":"a"}',
      '{"date":1767323045.1,"time":"2026-01-02_03:04:05,1","m":"b"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%Y-%m-%d_%H:%M:%S,%L', time_keep: true }
  },
  {
    name: 'parser-time-date-only',
    lines: [
      '2026-03-04 a'
    ],
    expected: [
      '{"date":1772582400.0,"m":"a"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%F' }
  },
  {
    name: 'parser-time-doy',
    lines: [
      '2026-326 a',
      '2024-366 b'
    ],
    expected: [
      '{"date":1795305600.0,"m":"a"}',
      '{"date":1735603200.0,"m":"b"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%Y-%j' }
  },
  {
    name: 'parser-time-epoch',
    lines: [
      '1700000000 a',
      '1700000000.5 b'
    ],
    expected: [
      '{"date":1700000000.0,"m":"a"}',
      '{"date":1700000000.0,"m":"b"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%s' }
  },
  {
    name: 'parser-time-epoch-frac',
    lines: [
      '1700000000.123 a',
      '1700000000.999999999 b'
    ],
    expected: [
      '{"date":1700000000.123,"m":"a"}',
      '{"date":1700000001.0,"m":"b"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%s.%L' }
  },
  {
    name: 'parser-time-epoch-keep',
    lines: [
      '1700000000 a',
      '1700000000.5 b'
    ],
    expected: [
      '{"date":1700000000.0,"time":"1700000000","m":"a"}',
      '{"date":1700000000.0,"time":"1700000000.5","m":"b"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%s', time_keep: true }
  },
  {
    name: 'parser-time-iso-millis-zone-keep',
    lines: [
      '2026-11-22T10:00:00.123+0900 a',
      '2026-11-22T10:00:00.123456789Z b',
      '2026-11-22T10:00:00.5-03:30 c',
      '2026-02-30T10:00:00.5Z d'
    ],
    expected: [
      '{"date":1795309200.123,"time":"2026-11-22T10:00:00.123+0900","m":"a"}',
      '{"date":1795341600.123457,"time":"2026-11-22T10:00:00.123456789Z","m":"b"}',
      '{"date":1795354200.5,"time":"2026-11-22T10:00:00.5-03:30","m":"c"}',
      '{"date":1772445600.5,"time":"2026-02-30T10:00:00.5Z","m":"d"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%Y-%m-%dT%H:%M:%S.%L%z', time_keep: true }
  },
  {
    name: 'parser-time-literal-z',
    lines: [
      '2026-01-01T00:00:00Z a'
    ],
    expected: [
      '{"date":1767225600.0,"m":"a"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%Y-%m-%dT%H:%M:%SZ' }
  },
  {
    name: 'parser-time-offset',
    lines: [
      '2026-01-01T00:00:00 a'
    ],
    expected: [
      '{"date":1767193200.0,"m":"a"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%Y-%m-%dT%H:%M:%S', time_offset: '+0900' }
  },
  {
    name: 'parser-time-two-digit-year',
    lines: [
      '260102-030405 a',
      '700101-000000 b',
      '691231-235959 c'
    ],
    expected: [
      '{"date":1767323045.0,"m":"a"}',
      '{"date":<now>,"m":"b"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%y%m%d-%H%M%S' }
  },
  {
    name: 'parser-time-two-digit-year-keep',
    lines: [
      '260102-030405 a',
      '700101-000000 b',
      '691231-235959 c'
    ],
    expected: [
      '{"date":1767323045.0,"time":"260102-030405","m":"a"}',
      '{"date":<now>,"time":"700101-000000","m":"b"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%y%m%d-%H%M%S', time_keep: true }
  },
  {
    name: 'parser-time-weekday-keep',
    lines: [
      'Sun-Nov-22-10:00:00-2026 a',
      'Sunday-November-22-10:00:00-2026 b'
    ],
    expected: [
      '{"date":1795341600.0,"time":"Sun-Nov-22-10:00:00-2026","m":"a"}',
      '{"date":1795341600.0,"time":"Sunday-November-22-10:00:00-2026","m":"b"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%a-%b-%d-%H:%M:%S-%Y', time_keep: true }
  },
  {
    name: 'parser-time-zone-name-keep',
    lines: [
      '2026-01-01T00:00:00GMT a',
      '2026-01-01T00:00:00EST b',
      '2026-01-01T00:00:00+05 c'
    ],
    expected: [
      '{"date":1767225600.0,"time":"2026-01-01T00:00:00GMT","m":"a"}',
      '{"date":1767243600.0,"time":"2026-01-01T00:00:00EST","m":"b"}',
      '{"date":1767207600.0,"time":"2026-01-01T00:00:00+05","m":"c"}'
    ],
    parser: { name: 'p', format: 'regex', regex: String.raw`^(?<time>\S+) (?<m>.*)$`, time_key: 'time', time_format: '%Y-%m-%dT%H:%M:%S%z', time_keep: true }
  }
]
