/** Which entries are taken: those that have all, or any, of the fields asked for. */
import { PluginError } from '../../plugin/context.ts'
import type { JournalFile } from './journal-file.ts'
import type { KnownFields } from './known-fields.ts'

const FIELD = /^[A-Z_][A-Z0-9_]{0,63}=/

/** Index of each of `FIELD=value`, as latin1. Throws PluginError for what is none. */
export function wantedFields(matches: readonly string[]): Map<string, number> {
  const wanted = new Map<string, number>()
  for (const match of matches) {
    if (!FIELD.test(match)) {
      throw new PluginError(`systemd_filter must be FIELD=value with the name of a field of the journal, not ${match}`, 'systemd_filter')
    }
    const text = Buffer.from(match).toString('latin1')
    if (!wanted.has(text)) wanted.set(text, wanted.size)
  }
  return wanted
}

export class EntryFilter {
  readonly #fields: KnownFields
  readonly #wanted: number
  readonly #all: boolean
  readonly #seen: Uint8Array

  /** `wanted` fields are looked for, all or any of them; with none every entry is taken. */
  constructor(fields: KnownFields, wanted: number, all: boolean) {
    this.#fields = fields
    this.#wanted = wanted
    this.#all = all
    this.#seen = new Uint8Array(wanted)
  }

  get takesAll(): boolean {
    return this.#wanted === 0
  }

  /** Whether the entry that the file has loaded is taken. */
  takes(file: JournalFile): boolean {
    if (this.#wanted === 0) return true
    const { items, itemCount } = file
    let missing = this.#wanted
    if (this.#all) this.#seen.fill(0)
    for (let i = 0; i < itemCount; i++) {
      const index = this.#fields.wantedAt(file, items[i]!)
      if (index < 0) continue
      if (!this.#all) return true
      if (this.#seen[index] === 0) {
        this.#seen[index] = 1
        if (--missing === 0) return true
      }
    }
    return false
  }
}
