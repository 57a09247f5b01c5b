/** Recorded cases whose plugins the agent does not have yet: case → what is missing. Skipped by name. */
export const notYet: Readonly<Record<string, string>> = {
  'filter-lua': 'plugin lua'
}

const keepsTime = 'a parser that finds no time leaves the record its own, where Fluent Bit puts the present in its place'

/** Where we answer otherwise on purpose: case → why. What we answer instead lies in `ours/`. */
export const onPurpose: Readonly<Record<string, string>> = {
  'filter-rewrite-tag-keep': 'a record sent on follows the one it was made of; Fluent Bit writes it after the whole chunk',
  'kube-merge-parser': keepsTime,
  'kube-parser-annotation-container': keepsTime,
  'kube-parser-annotation-stream': keepsTime,
  'multiline-custom': 'the group that is open at the end of the file is delivered, Fluent Bit loses it',
  'parser-time-two-digit-year': 'a line whose time is before 1970 is delivered, Fluent Bit loses it',
  'parser-time-two-digit-year-keep': 'a line whose time is before 1970 is delivered, Fluent Bit loses it'
}

/** Where only the order of keys differs on purpose: case → why. */
export const keyOrder: Readonly<Record<string, string>> = {}
