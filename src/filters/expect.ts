/** expect: checks that records look as they should. */
import { compileAccessor, type Accessor } from '../event/accessor.ts'
import { encodeBody, bodyRoom } from '../event/encode.ts'
import type { Record } from '../event/record.ts'
import { defineFilter, KEEP } from '../plugin/filter.ts'
import { compiling, inOrder } from '../plugin/options.ts'

interface Rule {
  readonly name: string
  readonly accessor: Accessor
  readonly holds: (record: Record) => boolean
}

const key = { kind: 'string', multiple: true } as const

export const expect = defineFilter({
  name: 'expect',
  summary: 'Checks that records look as they should.',
  description:
    'What happens when a rule does not hold: `warn` says so in the log, `exit` also ends the agent with exit code 255, ' +
    '`result_key` says nothing and puts the outcome, true or false, at the front of every record.',
  options: {
    key_exists: { ...key, example: '$kubernetes[\'pod_name\']', doc: 'The value is there.' },
    key_not_exists: { ...key, example: 'password', doc: 'The value is not there.' },
    key_val_is_null: { ...key, example: 'error', doc: 'The value is there and null.' },
    key_val_is_not_null: { ...key, example: 'user', doc: 'The value is there and not null.' },
    key_val_eq: { kind: 'words', count: 2, multiple: true, example: 'level info', doc: 'The value is there and, if it is a string, this one.' },
    action: { kind: 'choice', values: ['warn', 'exit', 'result_key'], default: 'warn', example: 'exit', doc: 'What happens when a rule does not hold.' },
    result_key: { kind: 'string', default: 'matched', example: 'ok', doc: 'The key of the outcome with `action result_key`.' }
  },
  examples: [{ title: 'Warn of records without a level', config: "name: expect\nmatch: '*'\nkey_exists: level" }],
  create(options, context) {
    const rules = inOrder(context.given, options).map(({ name, value }) => compiling(name, () => compileRule(name, value)))
    const result = context.pool.key(options.result_key)
    const yes = context.pool.json(true)
    const no = context.pool.json(false)
    const broken = (record: Record): Rule | undefined => rules.find((rule) => !rule.holds(record))

    function compileRule(name: string, value: unknown): Rule {
      const [field = '', text = ''] = typeof value === 'string' ? [value] : (value as readonly string[])
      const accessor = compileAccessor(field, context.pool)
      return { name, accessor, holds: compileTest(name, accessor, text) }
    }

    if (options.action === 'result_key') {
      return {
        forTag: () => (record: Record) => {
          const value = broken(record) === undefined ? yes : no
          const known = record.find(result)
          if (known >= 0) record.delete(known)
          record.move(record.setPooled(result, value), 0)
          return KEEP
        }
      }
    }
    let ended = false
    return {
      forTag: (tag) => (record: Record) => {
        const rule = ended ? undefined : broken(record)
        if (rule === undefined) return KEEP
        context.log.warn(`A record of ${tag} does not fulfil ${rule.name} ${rule.accessor.source}.`, { record: textOf(record) })
        if (options.action === 'exit') {
          ended = true
          context.finish(255)
        }
        return KEEP
      }
    }
  }
})

function compileTest(name: string, accessor: Accessor, text: string): (record: Record) => boolean {
  const isNull = (): boolean => !accessor.raw && accessor.bytes[accessor.start] === 0x6e
  switch (name) {
    case 'key_exists': return (record) => accessor.locate(record)
    case 'key_not_exists': return (record) => !accessor.locate(record)
    case 'key_val_is_null': return (record) => accessor.locate(record) && isNull()
    case 'key_val_is_not_null': return (record) => accessor.locate(record) && !isNull()
    default: return (record) => accessor.locate(record) && (!accessor.isString() || accessor.text() === text)
  }
}

function textOf(record: Record): string {
  const bytes = Buffer.allocUnsafe(bodyRoom(record))
  return bytes.toString('utf8', 0, encodeBody(record, bytes, 0, null))
}
