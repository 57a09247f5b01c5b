/** type_converter: appends a value under another key and as another type. */
import { compileAccessor, type Accessor } from '../event/accessor.ts'
import type { Key } from '../event/pool.ts'
import type { Record } from '../event/record.ts'
import { PluginError } from '../plugin/context.ts'
import { defineFilter, KEEP } from '../plugin/filter.ts'
import { compiling } from '../plugin/options.ts'

const TYPES = ['int', 'uint', 'float', 'string'] as const
type Type = (typeof TYPES)[number]

interface Rule {
  readonly from: Accessor
  readonly to: Key
  readonly fromType: Type
  readonly toType: Type
}

const words = { kind: 'words', count: 3, multiple: true } as const

export const typeConverter = defineFilter({
  name: 'type_converter',
  summary: 'Appends a value under another key and as another type.',
  description:
    'Each rule is a key or record accessor, the new key and the new type (int, uint, float or string). A value that is ' +
    'not of the type the rule is for, or cannot be converted, is appended as it is.',
  options: {
    int_key: { ...words, example: 'status status_text string', doc: 'Converts from an integer.' },
    uint_key: { ...words, example: 'bytes bytes_text string', doc: 'Converts from an integer that is not negative.' },
    float_key: { ...words, example: 'duration duration_text string', doc: 'Converts from a number with a fraction.' },
    str_key: { ...words, example: 'code code_number int', doc: 'Converts from a string.' }
  },
  examples: [{ title: 'A number from a string', config: "name: type_converter\nmatch: '*'\nstr_key: code code int" }],
  create(options, context) {
    const rules: Rule[] = []
    const add = (option: string, fromType: Type, given: readonly (readonly string[])[]): void => {
      for (const [from = '', to = '', type = ''] of given) {
        const toType = TYPES.find((known) => known === type.trim().toLowerCase())
        if (toType === undefined) throw new PluginError(`There is no type \`${type}\`; there are ${TYPES.join(', ')}.`, option)
        rules.push(compiling(option, () => (
          { from: compileAccessor(from, context.pool), to: context.pool.key(to), fromType, toType }
        )))
      }
    }
    add('str_key', 'string', options.str_key)
    add('int_key', 'int', options.int_key)
    add('uint_key', 'uint', options.uint_key)
    add('float_key', 'float', options.float_key)
    if (rules.length === 0) throw new PluginError('At least one rule is needed.')
    return {
      forTag: () => (record: Record) => {
        for (let i = 0; i < rules.length; i++) {
          const { from, to, fromType, toType } = rules[i]!
          if (!from.locate(record)) continue
          const text = from.text()
          const converted = typeOf(from, text, fromType) ? convert(text, fromType, toType) : undefined
          record.setJson(to, converted ?? (from.isString() ? JSON.stringify(text) : text))
        }
        return KEEP
      }
    }
  }
})

function typeOf(value: Accessor, text: string, type: Type): boolean {
  if (type === 'string') return value.isString()
  if (value.isString()) return false
  if (type === 'float') return /^-?\d+(?=.*[.eE])[\d.eE+-]+$/.test(text)
  return type === 'uint' ? /^\d+$/.test(text) : /^-?\d+$/.test(text)
}

/** The value as JSON text, or undefined when it cannot be one of the type. */
function convert(text: string, from: Type, to: Type): string | undefined {
  if (to === 'string') return JSON.stringify(from === 'float' ? floatText(Number(text)) : text)
  if (to === 'float') {
    const value = Number.parseFloat(text)
    return Number.isFinite(value) ? floatText(value) : undefined
  }
  const whole = from === 'float' ? String(Math.trunc(Number(text))) : /^\s*([+-]?\d+)/.exec(text)?.[1]
  if (whole === undefined || !/^[+-]?\d+$/.test(whole)) return undefined
  const value = BigInt(whole)
  return to === 'uint' && value < 0n ? undefined : String(value)
}

function floatText(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? value.toFixed(1) : String(Number(value.toPrecision(16)))
}
