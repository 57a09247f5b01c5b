/**
 * A JSON Schema (draft 2020-12) of YAML configurations, for completion and hints in editors. Every scalar may be a text,
 * since `${VAR}` may stand anywhere; names are those of the declarations, in lower case.
 */

import { filterOptions, inputOptions, networkOptions, outputOptions } from './common-options.ts'
import type { Field, Fields } from './fields.ts'
import { multilineOptions, parserOptions } from './parser-options.ts'
import type { Described } from './reference.ts'
import { defaultText } from './reference.ts'
import { serviceOptions } from './service-options.ts'
import type { Tables } from './tables.ts'
import { describeExpected } from './values.ts'

export type Schema = { readonly [key: string]: unknown }

/** The schema of a whole configuration with the plugins of `tables`. */
export function configurationSchema(tables: Tables): Schema {
  const environment = { type: ['object', 'array'], description: 'Variables, for ${NAME}.' }
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Fantail configuration',
    type: 'object',
    additionalProperties: false,
    properties: {
      env: environment,
      includes: { type: 'array', items: { type: 'string' }, description: 'Files to read, relative to this one; globs.' },
      service: object(serviceOptions, 'The agent itself.'),
      parsers: list(object(parserOptions, 'A parser.')),
      multiline_parsers: list(object(multilineOptions, 'A multiline parser.')),
      pipeline: {
        type: 'object',
        additionalProperties: false,
        properties: {
          inputs: plugins(Object.values(tables.inputs), [inputOptions]),
          filters: plugins(Object.values(tables.filters), [filterOptions]),
          outputs: plugins(Object.values(tables.outputs), [outputOptions, networkOptions])
        }
      }
    }
  }
}

/** A list whose items are decided by `name`. */
function plugins(specs: readonly Described[], common: readonly Fields[]): Schema {
  const shared = Object.assign({}, ...common) as Fields
  const names = specs.map(({ name }) => name)
  return list({
    type: 'object',
    required: ['name'],
    properties: { name: { enum: names } },
    allOf: specs.map((spec) => ({
      if: { properties: { name: { const: spec.name } } },
      then: {
        ...object({ ...shared, ...spec.options }, spec.summary),
        properties: { name: { const: spec.name }, ...properties({ ...shared, ...spec.options }) }
      }
    }))
  })
}

function object(fields: Fields, description: string): Schema {
  const required = Object.entries(fields).filter(([, field]) => field.required === true).map(([name]) => name)
  const prefixes = Object.entries(fields).filter(([, field]) => field.prefix === true).map(([name]) => {
    return [`^${name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`, { type: scalar }] as const
  })
  return {
    type: 'object',
    description,
    additionalProperties: false,
    properties: properties(fields),
    ...(prefixes.length === 0 ? {} : { patternProperties: Object.fromEntries(prefixes) }),
    ...(required.length === 0 ? {} : { required })
  }
}

const scalar = ['string', 'number', 'boolean']

function properties(fields: Fields): Schema {
  const named = Object.entries(fields).filter(([, field]) => field.prefix !== true)
  return Object.fromEntries(named.flatMap(([name, field]) => [name, ...(field.aliases ?? [])].map((one) => [one, property(field)])))
}

function property(field: Field): Schema {
  const one = single(field)
  return {
    ...(field.multiple === true || field.kind === 'list' ? { anyOf: [one, { type: 'array', items: one }] } : one),
    description: [field.doc, field.withoutEffect === undefined ? '' : `No effect: ${field.withoutEffect}.`].join(' ').trim(),
    ...(field.default === undefined ? {} : { default: defaultText(field) }),
    ...(field.example === undefined ? {} : { examples: [field.example] }),
    ...(field.deprecated === undefined ? {} : { deprecated: true })
  }
}

function single(field: Field): Schema {
  switch (field.kind) {
    case 'any':
      return {}
    case 'choice':
      return { anyOf: [{ enum: field.values }, { type: 'string', pattern: '\\$\\{' }] }
    case 'boolean':
      return { anyOf: [{ type: 'boolean' }, { enum: ['on', 'off', 'On', 'Off', 'yes', 'no'] }, { type: 'string', pattern: '\\$\\{' }] }
    case 'string':
    case 'integer':
    case 'number':
    case 'size':
    case 'duration':
    case 'list':
    case 'words':
      return { type: scalar, $comment: describeExpected(field) }
  }
}

function list(items: Schema): Schema {
  return { type: 'array', items }
}
