/** grep: keeps or drops records by the text of their values. */
import { compileAccessor, type Accessor } from '../event/accessor.ts'
import { compileMatcher, type Matcher } from '../event/matcher.ts'
import type { Record } from '../event/record.ts'
import { PluginError } from '../plugin/context.ts'
import { defineFilter, DROP, KEEP } from '../plugin/filter.ts'
import { compiling, inOrder } from '../plugin/options.ts'

interface Rule {
  readonly accessor: Accessor
  readonly matcher: Matcher
  /** A match keeps the record; else a match drops it. */
  readonly keeps: boolean
}

export const grep = defineFilter({
  name: 'grep',
  summary: 'Keeps or drops records by the text of their values.',
  description:
    'Only strings are matched: a number or a missing value never matches. The rules are asked in the order written. ' +
    'With `logical_op legacy`, an exclude rule that matches drops the record, a regex rule that does not match drops it, ' +
    'and a regex rule that matches keeps it without asking further rules.',
  options: {
    regex: {
      kind: 'words', count: 2, multiple: true, example: 'level ^(warn|error)$',
      doc: 'Keeps records whose value matches: a key or record accessor, then a regular expression.'
    },
    exclude: {
      kind: 'words', count: 2, multiple: true, example: '$kubernetes[\'labels\'][\'tier\'] ^test$',
      doc: 'Drops records whose value matches: a key or record accessor, then a regular expression.'
    },
    logical_op: {
      kind: 'choice', values: ['legacy', 'AND', 'OR'], default: 'legacy', example: 'OR',
      doc: 'How several rules combine; with AND and OR, all rules are of one kind.'
    }
  },
  examples: [
    { title: 'Drop debug messages', config: "name: grep\nmatch: '*'\nexclude: level ^debug$" },
    { title: 'Keep what either rule matches', config: "name: grep\nmatch: '*'\nlogical_op: OR\nregex:\n  - level error\n  - msg failed" }
  ],
  create(options, context) {
    const rules: Rule[] = inOrder(context.given, options).map(({ name, value }) => {
      const [field, pattern] = value as readonly [string, string]
      return compiling(name, () => ({
        accessor: compileAccessor(field, context.pool),
        matcher: compileMatcher(pattern),
        keeps: name === 'regex'
      }))
    })
    const only = rules[0]
    if (options.logical_op === 'legacy') {
      if (rules.length === 1 && only !== undefined) return { forTag: () => (record) => matches(only, record) === only.keeps }
      return { forTag: () => (record) => legacy(rules, record) }
    }
    if (rules.some((rule) => rule.keeps !== only?.keeps)) {
      throw new PluginError(`With \`logical_op ${options.logical_op}\`, rules are all regex or all exclude.`, 'logical_op')
    }
    if (only === undefined) return { forTag: () => () => KEEP }
    const combined = options.logical_op === 'AND' ? all : any
    return { forTag: () => (record) => combined(rules, record) === only.keeps }
  }
})

function matches(rule: Rule, record: Record): boolean {
  return rule.accessor.matches(record, rule.matcher)
}

function legacy(rules: readonly Rule[], record: Record): boolean {
  for (let i = 0; i < rules.length; i++) {
    const rule = rules[i]!
    if (!matches(rule, record)) {
      if (rule.keeps) return DROP
    } else return rule.keeps
  }
  return KEEP
}

function all(rules: readonly Rule[], record: Record): boolean {
  for (let i = 0; i < rules.length; i++) if (!matches(rules[i]!, record)) return false
  return true
}

function any(rules: readonly Rule[], record: Record): boolean {
  for (let i = 0; i < rules.length; i++) if (matches(rules[i]!, record)) return true
  return false
}
