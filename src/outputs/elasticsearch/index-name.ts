/** The index of a record, as the bytes that begin its action line; worked out again only when it changes. */
import { compileTemplate, type Template } from '../../event/accessor.ts'
import type { Pool } from '../../event/pool.ts'
import type { Record } from '../../event/record.ts'
import type { IndexSettings } from './settings.ts'

/** Longest prefix taken from a record. */
const LONGEST_PREFIX = 128
/** Index names remembered at once; beyond it all are forgotten. */
const REMEMBERED = 1000

export class IndexName {
  readonly #settings: IndexSettings
  readonly #pool: Pool
  readonly #actionOf: (index: string) => Buffer
  readonly #actions = new Map<string, Buffer>()
  /** The record must be open to know its index. */
  readonly needsRecord: boolean
  #template: Template | undefined
  #date = ''
  #dateFrom = 0
  #dateUntil = 0
  #now = 0
  #last: Buffer | undefined

  /** `actionOf` makes what an action line of that index begins with. */
  constructor(settings: IndexSettings, pool: Pool, actionOf: (index: string) => Buffer) {
    this.#settings = settings
    this.#pool = pool
    this.#actionOf = actionOf
    this.needsRecord = settings.prefixKey !== undefined || settings.hasAccessor
  }

  /** Says what time it is, in Unix seconds; once per request. */
  begin(now: number): void {
    this.#now = now
  }

  /** Begin of the action line, or undefined when the record lacks a value that the index is made of. */
  action(seconds: number, record: Record | undefined, tag: string): Buffer | undefined {
    const time = this.#settings.now ? this.#now : seconds
    if (time < this.#dateFrom || time >= this.#dateUntil) this.#setDate(time)
    if (!this.needsRecord) return this.#last ??= this.#remembered(this.#join(this.#settings.prefix))
    if (this.#template !== undefined) {
      const name = record === undefined ? undefined : this.#template.fillAll(record, tag)
      return name === undefined || name === '' ? undefined : this.#remembered(name)
    }
    return this.#remembered(this.#join(this.#prefixOf(record)))
  }

  #setDate(time: number): void {
    const { date, hasAccessor } = this.#settings
    const grain = Math.max(date.grain, 1)
    this.#dateFrom = time - (time % grain)
    this.#dateUntil = this.#dateFrom + grain
    const text = date.format(time)
    if (text === this.#date && this.#last !== undefined) return
    this.#date = text
    this.#last = undefined
    if (hasAccessor) this.#template = compileTemplate(text, this.#pool)
  }

  #join(prefix: string | undefined): string {
    return prefix === undefined ? this.#date : prefix + this.#settings.separator + this.#date
  }

  #prefixOf(record: Record | undefined): string | undefined {
    const { prefix, prefixKey } = this.#settings
    if (record === undefined || prefixKey === undefined || !prefixKey.locate(record) || !prefixKey.isString()) return prefix
    const text = prefixKey.text()
    // what cannot be in a name, and what would be read as something else than a name
    return text === '' || /["\\\u0000-\u001f]/.test(text) ? prefix : cut(text)
  }

  #remembered(name: string): Buffer {
    let action = this.#actions.get(name)
    if (action === undefined) {
      if (this.#actions.size === REMEMBERED) this.#actions.clear()
      this.#actions.set(name, (action = this.#actionOf(name)))
    }
    return action
  }
}

/** At most `LONGEST_PREFIX` bytes of a text, in whole characters. */
function cut(text: string): string {
  if (text.length * 3 <= LONGEST_PREFIX) return text
  const bytes = Buffer.from(text)
  if (bytes.length <= LONGEST_PREFIX) return text
  let end = LONGEST_PREFIX
  while ((bytes[end]! & 0xc0) === 0x80) end--
  return bytes.toString('utf8', 0, end)
}
