/** Recorded cases whose plugins the agent does not have yet: case → what is missing. Skipped by name. */
export const notYet: Readonly<Record<string, string>> = {
  'filter-expect-ok': 'plugin expect',
  'filter-lua': 'plugin lua',
  'filter-rewrite-tag-keep': 'plugin rewrite_tag',
  'filter-type-converter': 'plugin type_converter',
  'processor-condition': 'processor content_modifier',
  'processor-extract': 'processor content_modifier',
  'processor-hash': 'processor content_modifier'
}

/** Where we answer otherwise on purpose: case → why. The case must differ, or it does not belong here. */
export const onPurpose: Readonly<Record<string, string>> = {}

/** Where only the order of keys differs on purpose: case → why. */
export const keyOrder: Readonly<Record<string, string>> = {}
