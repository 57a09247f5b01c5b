/** The rules of filter modify, each compiled to a function on the record. */
import { compileMatcher, type Matcher } from '../../event/matcher.ts'
import type { Key, Pool } from '../../event/pool.ts'
import type { Record, Source } from '../../event/record.ts'

export type Rule = (record: Record) => void

/** `words` is what follows the rule's name: a key, or a key and a value or second key. Throws for a wrong regex. */
export function compileRule(name: string, words: readonly string[], pool: Pool): Rule {
  const [first = '', second = ''] = words
  switch (name) {
    case 'set': return set(pool.key(first), second, pool)
    case 'add': return add(pool.key(first), second, pool)
    case 'remove': return remove(pool.key(first))
    case 'remove_wildcard': return removeWhere(begins(first, pool))
    case 'remove_regex': return removeWhere(keyMatches(compileMatcher(first)))
    case 'move_to_start': return moveToStart(begins(first, pool))
    case 'move_to_end': return moveToEnd(begins(first, pool))
    case 'rename': return rename(pool.key(first), pool.key(second))
    case 'hard_rename': return hardRename(pool.key(first), pool.key(second))
    case 'copy': return copy(pool.key(first), pool.key(second))
    case 'hard_copy': return hardCopy(pool.key(first), pool.key(second))
    default: throw new Error(`There is no rule \`${name}\`.`)
  }
}

function set(key: Key, text: string, pool: Pool): Rule {
  const value = pool.json(text)
  return (record) => {
    const at = record.find(key)
    if (at >= 0) record.delete(at)
    record.setPooled(key, value)
  }
}

function add(key: Key, text: string, pool: Pool): Rule {
  const value = pool.json(text)
  return (record) => {
    if (record.find(key) < 0) record.setPooled(key, value)
  }
}

function remove(key: Key): Rule {
  return (record) => {
    const at = record.find(key)
    if (at >= 0) record.delete(at)
  }
}

function rename(from: Key, to: Key): Rule {
  return (record) => {
    const at = record.find(from)
    if (at >= 0 && record.find(to) < 0) record.rename(at, to)
  }
}

function hardRename(from: Key, to: Key): Rule {
  return (record) => {
    if (record.find(from) < 0 || from === to) return
    const taken = record.find(to)
    if (taken >= 0) record.delete(taken)
    record.rename(record.find(from), to)
  }
}

function copy(from: Key, to: Key): Rule {
  return (record) => {
    const at = record.find(from)
    if (at >= 0 && record.find(to) < 0) copyBehind(record, at, to)
  }
}

function hardCopy(from: Key, to: Key): Rule {
  return (record) => {
    if (record.find(from) < 0 || from === to) return
    const taken = record.find(to)
    if (taken >= 0) record.delete(taken)
    copyBehind(record, record.find(from), to)
  }
}

function copyBehind(record: Record, at: number, key: Key): void {
  const made = record.appendCopy(at)
  record.rename(made, key)
  record.move(made, at + 1)
}

type KeyTest = (record: Record, index: number) => boolean

/** A `*` at the end says the same as none. */
function begins(text: string, pool: Pool): KeyTest {
  const prefix = pool.key(text.endsWith('*') ? text.slice(0, -1) : text)
  return (record, index) => {
    const start = record.keyStart[index]!
    if (record.keyEnd[index]! - start < prefix.end - prefix.start) return false
    const bytes = record.bytes[record.keySource[index] as Source]
    const pooled = pool.bytes
    for (let i = 0; i < prefix.end - prefix.start; i++) if (bytes[start + i] !== pooled[prefix.start + i]) return false
    return true
  }
}

/** Whether the text of a member's key matches. */
export function keyMatches(matcher: Matcher): KeyTest {
  return (record, index) => {
    const bytes = record.bytes[record.keySource[index] as Source]
    const start = record.keyStart[index]!
    const end = record.keyEnd[index]!
    for (let at = start; at < end; at++) if (bytes[at] === 0x5c) return matcher.matchesText(record.keyText(index))
    return matcher.matches(bytes, start, end)
  }
}

function removeWhere(test: KeyTest): Rule {
  return (record) => {
    for (let i = record.count - 1; i >= 0; i--) if (test(record, i)) record.delete(i)
  }
}

function moveToStart(test: KeyTest): Rule {
  return (record) => {
    let to = 0
    for (let i = 0; i < record.count; i++) if (test(record, i)) record.move(i, to++)
  }
}

function moveToEnd(test: KeyTest): Rule {
  return (record) => {
    let to = record.count - 1
    for (let i = record.count - 1; i >= 0; i--) if (test(record, i)) record.move(i, to--)
  }
}
