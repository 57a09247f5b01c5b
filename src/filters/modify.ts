/** modify: sets, adds, removes, renames, copies and moves members, in the order written, under conditions. */
import type { Field } from '../config/fields.ts'
import type { Record } from '../event/record.ts'
import { PluginError } from '../plugin/context.ts'
import { defineFilter, KEEP } from '../plugin/filter.ts'
import { compiling, inOrder } from '../plugin/options.ts'
import { compileCondition, type Condition } from './modify/conditions.ts'
import { compileRule, type Rule } from './modify/rules.ts'

const pair = (doc: string, example: string): Field & { kind: 'words'; multiple: true } => (
  { kind: 'words', count: 2, multiple: true, doc, example }
)
const key = (doc: string, example: string): Field & { kind: 'string'; multiple: true } => (
  { kind: 'string', multiple: true, doc, example }
)

export const modify = defineFilter({
  name: 'modify',
  summary: 'Changes the members of records: sets, adds, removes, renames, copies and moves them.',
  description:
    'The rules are applied in the order written, each to what the rules before it left; all conditions must hold, else ' +
    'the record stays as it is. A value that is set or added is a string.',
  options: {
    set: pair('Gives a key a value; the member goes to the end.', 'env prod'),
    add: { ...pair('Adds a member if the key is not there.', 'team checkout'), aliases: ['add_if_not_present'] },
    remove: key('Removes a member.', 'password'),
    remove_wildcard: key('Removes the members whose keys begin so.', 'tmp_'),
    remove_regex: key('Removes the members whose keys match a regular expression.', '^_'),
    move_to_start: key('Moves the members whose keys begin so to the start.', 'time'),
    move_to_end: key('Moves the members whose keys begin so to the end.', 'stack'),
    rename: pair('Renames a key if there is no member under the new name.', 'msg message'),
    hard_rename: pair('Renames a key; a member under the new name is removed.', 'log message'),
    copy: pair('Copies a member to a new key behind it if there is none yet.', 'id trace_id'),
    hard_copy: pair('Copies a member to a new key behind it; a member under that key is removed.', 'id trace_id'),
    condition: {
      kind: 'words', count: 3, least: 2, multiple: true, example: 'key_value_equals level error',
      doc:
        'key_exists KEY, key_does_not_exist KEY, a_key_matches REGEX, no_key_matches REGEX, key_value_equals KEY VALUE, ' +
        'key_value_does_not_equal KEY VALUE, key_value_matches KEY REGEX, key_value_does_not_match KEY REGEX, ' +
        'matching_keys_have_matching_values REGEX REGEX or matching_keys_do_not_have_matching_values REGEX REGEX.'
    }
  },
  examples: [
    { title: 'Rename a key and mark the environment', config: "name: modify\nmatch: '*'\nrename: msg message\nset: env prod" },
    { title: 'Only for errors', config: "name: modify\nmatch: '*'\ncondition: key_value_equals level error\nset: alert page" }
  ],
  create(options, context) {
    const conditions: Condition[] = []
    const rules: Rule[] = []
    for (const { name, value } of inOrder(context.given, options)) {
      if (name === 'condition') {
        const words = value as readonly string[]
        conditions.push(compiling(name, () => compileCondition(words, context.pool)))
      } else {
        const words = typeof value === 'string' ? [value.trim()] : (value as readonly string[])
        if (words[0] === '') throw new PluginError('A rule needs a key.', name)
        rules.push(compiling(name, () => compileRule(name, words, context.pool)))
      }
    }
    return {
      forTag: () => (record: Record) => {
        for (let i = 0; i < conditions.length; i++) if (!conditions[i]!(record)) return KEEP
        for (let i = 0; i < rules.length; i++) rules[i]!(record)
        return KEEP
      }
    }
  }
})
