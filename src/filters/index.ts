/** The table of filters, by the name a configuration gives; each is a processor, too. */
import type { Catalog } from '../plugin/catalog.ts'
import type { FilterSpec } from '../plugin/filter.ts'

export const filters: Catalog<FilterSpec> = {
  aws: async () => (await import('./aws.ts')).aws,
  expect: async () => (await import('./expect.ts')).expect,
  grep: async () => (await import('./grep.ts')).grep,
  kubernetes: async () => (await import('./kubernetes.ts')).kubernetes,
  modify: async () => (await import('./modify.ts')).modify,
  multiline: async () => (await import('./multiline.ts')).multiline,
  nest: async () => (await import('./nest.ts')).nest,
  parser: async () => (await import('./parser.ts')).parser,
  record_modifier: async () => (await import('./record-modifier.ts')).recordModifier,
  rewrite_tag: async () => (await import('./rewrite-tag.ts')).rewriteTag,
  throttle: async () => (await import('./throttle.ts')).throttle,
  type_converter: async () => (await import('./type-converter.ts')).typeConverter
}

/** Those that are processors only, as in Fluent Bit. */
export const processors: Catalog<FilterSpec> = {
  content_modifier: async () => (await import('./content-modifier.ts')).contentModifier
}
