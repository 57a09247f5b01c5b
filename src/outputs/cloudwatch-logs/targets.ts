/** Where each record goes: group and stream, and the service it comes from. Worked out again only when it may have changed. */
import type { Batch } from '../../event/batch.ts'
import type { FrameView } from '../../event/encoded.ts'
import { constantUnder } from '../../event/escaped-body.ts'
import type { Pool } from '../../event/pool.ts'
import { Record } from '../../event/record.ts'
import { EntityReader } from './entity.ts'
import type { NameSource, Settings } from './settings.ts'

/** Targets remembered at once; beyond it all are forgotten. */
const REMEMBERED = 10_000
const LONGEST_NAME = 512
/** What a name of a group, and of a stream, cannot have. */
const NOT_IN_GROUP = /[^.\-_/#A-Za-z0-9]/g
const NOT_IN_STREAM = /[:*]/g

export class Target {
  readonly group: string
  readonly stream: string
  /** What a request begins with, up to its first event. */
  readonly head: Buffer

  constructor(group: string, stream: string, entity: string) {
    this.group = group
    this.stream = stream
    const named = `{"logGroupName":${JSON.stringify(group)},"logStreamName":${JSON.stringify(stream)}`
    this.head = Buffer.from(`${named}${entity === '' ? '' : `,"entity":${entity}`},"logEvents":[`)
  }
}

export class Targets {
  readonly #group: NameSource
  readonly #stream: NameSource
  readonly #entity: EntityReader | undefined
  readonly #record: Record
  readonly #known = new Map<string, Target>()
  /** The record decides, beyond its tag. */
  readonly #looks: boolean
  /** All that it decides lies under this key, written as before a value; undefined when there are several. */
  readonly #under: Buffer | undefined
  #frame: FrameView | undefined
  /** Of the record before, when its tag alone decided. */
  #lastTag: string | undefined
  #last: Target | undefined
  /** By tag; and by constant and tag, when the record's part in it is a constant. */
  #byTag = new Map<string, Target>()
  #byConstant: (Map<string, Target> | undefined)[] = []

  constructor({ group, stream, entity }: Settings, pool: Pool) {
    this.#group = group
    this.#stream = stream
    this.#entity = entity ? new EntityReader(pool) : undefined
    this.#record = new Record(pool)
    const keys = new Set([group, stream].flatMap(({ templates }) => templates.flatMap(({ keys }) => keys)))
    this.#looks = keys.size > 0 || entity
    this.#under = keys.size === 1 && !entity ? Buffer.from(`${JSON.stringify([...keys][0])}:`) : undefined
  }

  /** A new batch: frames of earlier ones may be gone, and their memory used anew. */
  begin(): void {
    this.#frame = undefined
  }

  of(batch: Batch, index: number): Target {
    const frame = batch.frame(index)
    const tag = batch.tag(index)
    if (frame !== this.#frame) {
      this.#frame = frame
      this.#lastTag = undefined
      this.#byTag = new Map()
      this.#byConstant = []
    }
    if (tag === this.#lastTag) return this.#last!
    // this runs for every record: no closure is made here
    const constant = this.#under === undefined ? -1 : constantUnder(frame, batch.offset(index), this.#under)
    if (this.#looks && constant < 0) return this.#find(batch, index, tag)
    const byTag = this.#looks ? (this.#byConstant[constant] ??= new Map<string, Target>()) : this.#byTag
    let target = byTag.get(tag)
    if (target === undefined) byTag.set(tag, (target = this.#find(batch, index, tag)))
    if (!this.#looks) {
      this.#lastTag = tag
      this.#last = target
    }
    return target
  }

  #find(batch: Batch, index: number, tag: string): Target {
    if (this.#looks) batch.open(index, this.#record)
    return this.#target(tag)
  }

  #target(tag: string): Target {
    const group = this.#name(this.#group, tag).replace(NOT_IN_GROUP, '.').slice(0, LONGEST_NAME)
    const stream = cut(this.#name(this.#stream, tag).replace(NOT_IN_STREAM, '.'))
    const entity = this.#entity?.read(this.#record) ?? ''
    const key = `${group}\n${stream}\n${entity}`
    if (this.#known.size >= REMEMBERED && !this.#known.has(key)) this.#known.clear()
    let target = this.#known.get(key)
    if (target === undefined) this.#known.set(key, (target = new Target(group, stream, entity)))
    return target
  }

  #name({ templates, fixed, prefix }: NameSource, tag: string): string {
    let name = ''
    for (const template of templates) {
      const part = template.fillAll(this.#record, tag)
      if (part === undefined) return fixed ?? prefix + tag
      name += part
    }
    return name === '' ? fixed ?? prefix + tag : name
  }
}

/** A stream's name in whole characters; never empty. */
function cut(name: string): string {
  if (name === '') return '-'
  return name.length <= LONGEST_NAME ? name : name.slice(0, LONGEST_NAME).toWellFormed()
}
