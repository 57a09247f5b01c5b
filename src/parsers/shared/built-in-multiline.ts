/** The multiline parsers that Fluent Bit 5.1 brings along; the patterns are facts of compatibility. */
import type { MultilineDefinition, ParserDefinition, RuleDefinition } from './definition.ts'

const start = 'start_state'

/** A rule, its states separated by commas. */
const rule = (states: string, regex: string, next: string): RuleDefinition => ({ states: states.split(', '), regex, next })

const go: readonly RuleDefinition[] = [
  rule(start, String.raw`/\bpanic: /`, 'go_after_panic'),
  rule(start, '/http: panic serving/', 'go_goroutine'),
  rule('go_after_panic', '/^$/', 'go_goroutine'),
  rule('go_after_panic, go_after_signal, go_frame_1', '/^$/', 'go_goroutine'),
  rule('go_after_panic', String.raw`/^\[signal /`, 'go_after_signal'),
  rule('go_goroutine', String.raw`/^goroutine \d+ \[[^\]]+\]:$/`, 'go_frame_1'),
  rule('go_frame_1', String.raw`/^(?:[^\s.:]+\.)*[^\s.():]+\(|^created by /`, 'go_frame_2'),
  rule('go_frame_2', String.raw`/^\s/`, 'go_frame_1')
]

const java: readonly RuleDefinition[] = [
  rule(`${start}, java_start_exception`, String.raw`/(.)(?:Exception|Error|Throwable|V8 errors stack trace)[:\r\n]/`, 'java_after_exception'),
  rule('java_after_exception', String.raw`/^[\t ]*nested exception is:[\t ]*/`, 'java_start_exception'),
  rule('java_after_exception', String.raw`/^[\r\n]*$/`, 'java_after_exception'),
  rule('java_after_exception, java', String.raw`/^[\t ]+(?:eval )?at /`, 'java'),
  rule('java_after_exception, java', String.raw`/^[\t ]+--- End of inner exception stack trace ---$/`, 'java'),
  rule('java_after_exception, java', '/^--- End of stack trace from previous (?x:)location where exception was thrown ---$/', 'java'),
  rule('java_after_exception, java', String.raw`/^[\t ]*(?:Caused by|Suppressed):/`, 'java_after_exception'),
  rule('java_after_exception, java', String.raw`/^[\t ]*... \d+ (?:more|common frames omitted)/`, 'java')
]

const python: readonly RuleDefinition[] = [
  rule(start, String.raw`/^Traceback \(most recent call last\):$/`, 'python'),
  rule('python', String.raw`/^[\t ]+File /`, 'python_code'),
  rule('python_code', String.raw`/[^\t ]/`, 'python'),
  rule('python', String.raw`/^(?:[^\s.():]+\.)*[^\s.():]+:/`, start)
]

const ruby: readonly RuleDefinition[] = [
  rule(`${start}, ruby_start_exception`, String.raw`/^.+:\d+:in\s+.*/`, 'ruby_after_exception'),
  rule('ruby_after_exception, ruby', String.raw`/^\s+from\s+.*:\d+:in\s+.*/`, 'ruby')
]

/** Takes the lines of docker's json-file driver apart. */
export const dockerLines: ParserDefinition = {
  name: 'docker', format: 'json', time_format: '%Y-%m-%dT%H:%M:%S.%L', time_keep: true, time_strict: false
}

/** cri has a joiner of its own. */
export const builtIn: ReadonlyMap<string, MultilineDefinition> = new Map(
  ([
    { name: 'cri', type: 'equal', match_string: 'F', key_content: 'log', key_group: 'stream', key_pattern: '_p' },
    { name: 'docker', type: 'endswith', match_string: '\n', key_content: 'log', key_group: 'stream' },
    { name: 'go', type: 'regex', rules: go },
    { name: 'java', type: 'regex', rules: java },
    { name: 'python', type: 'regex', rules: python },
    { name: 'ruby', type: 'regex', rules: ruby }
  ] satisfies MultilineDefinition[]).map((definition) => [definition.name, definition])
)
