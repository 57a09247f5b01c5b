/** rewrite_tag: sends records on under another tag when a value matches. */
import { compileAccessor, compileTemplate, type Accessor, type Template } from '../event/accessor.ts'
import { compileMatcher, type Matcher } from '../event/matcher.ts'
import type { Record } from '../event/record.ts'
import { compileRegex, type CompiledRegex } from '../lib/onigmo/regex.ts'
import { PluginError } from '../plugin/context.ts'
import { defineFilter, DROP, KEEP } from '../plugin/filter.ts'
import { compiling } from '../plugin/options.ts'

interface Rule {
  readonly accessor: Accessor
  readonly matcher: Matcher
  readonly regex: CompiledRegex
  readonly tag: Template
  readonly keeps: boolean
}

export const rewriteTag = defineFilter({
  name: 'rewrite_tag',
  wayInOnly: true,
  summary: 'Sends records on under another tag when a value matches.',
  description:
    'The first rule that matches counts. The record goes through the pipeline again from its start under the new tag; ' +
    'this filter does not see it again.',
  options: {
    rule: {
      kind: 'words', count: 4, multiple: true, example: '$level ^(error)$ errors.$1.$TAG[1] false',
      doc:
        'A record accessor, a regular expression, the new tag (with $TAG, $TAG[n], $0 … $9 for what the expression ' +
        'captured, and record accessors) and whether the record also goes on under its old tag.'
    },
    emitter_name: { kind: 'string', example: 're_emitted', doc: 'Name of the emitter.', withoutEffect: 'records are sent on without an input in between' },
    'emitter_storage.type': {
      kind: 'choice', values: ['memory', 'filesystem'], default: 'memory',
      doc: 'Storage of the emitter.', withoutEffect: 'records are sent on at once and wait nowhere'
    },
    emitter_mem_buf_limit: {
      kind: 'size', default: 10_000_000, doc: 'Most bytes in the emitter.',
      withoutEffect: 'records are sent on at once and wait nowhere'
    }
  },
  examples: [
    { title: 'Errors under a tag of their own', config: "name: rewrite_tag\nmatch: app.*\nrule: $level ^error$ errors.$TAG false" }
  ],
  create(options, context) {
    const { pool } = context
    const rules = options.rule.map(([field = '', pattern = '', tag = '', keep = '']): Rule => compiling('rule', () => ({
      accessor: compileAccessor(field, pool),
      matcher: compileMatcher(pattern),
      regex: compileRegex(pattern),
      tag: compileTemplate(tag, pool),
      keeps: readBoolean(keep)
    })))
    if (rules.length === 0) throw new PluginError('At least one `rule` is needed.', 'rule')
    return {
      forTag: (tag) => (record: Record) => {
        for (let i = 0; i < rules.length; i++) {
          const rule = rules[i]!
          if (!rule.accessor.matches(record, rule.matcher)) continue
          const newTag = rule.tag.fill(record, tag, rule.accessor.locate(record) ? rule.regex.exec(rule.accessor.text()) : null)
          if (newTag === tag || newTag === '') return KEEP
          context.emit(newTag, record)
          return rule.keeps ? KEEP : DROP
        }
        return KEEP
      }
    }
  }
})

function readBoolean(text: string): boolean {
  const word = text.trim().toLowerCase()
  if (word === 'true' || word === 'on' || word === 'yes') return true
  if (word === 'false' || word === 'off' || word === 'no') return false
  throw new PluginError(`Whether the record is kept must be true or false, found \`${text}\`.`, 'rule')
}
