/** Makes a followed file of a descriptor: tag, handler, encoding and fingerprint are decided here, once. */
import { closeSync, type BigIntStats } from 'node:fs'
import { Stream } from '../../event/stream.ts'
import type { InputContext } from '../../plugin/input.ts'
import { legacyDecoder, unicodeDecoder, type Decoder } from './encoding.ts'
import { Followed } from './followed.ts'
import { lineHandler, type Handling } from './handlers.ts'
import { birth, headSum, readHead } from './identity.ts'
import type { Joins } from './joins.ts'

export interface MakerOptions {
  readonly handling: Handling
  readonly joins: Joins | null
  readonly tagOf: (path: string) => string | null
  readonly unicode: string | undefined
  readonly generic: string | undefined
}

/** Stands in until a file has a stream. */
const NOWHERE = new Stream('', 0, { input: '', path: '', marks: {} })

export class FileMaker {
  readonly #context: InputContext
  readonly #options: MakerOptions
  readonly #wake: (file: Followed) => void
  readonly #generic: Decoder | null

  /** `wake` is called when what a file waited for is there. */
  constructor(context: InputContext, options: MakerOptions, wake: (file: Followed) => void) {
    this.#context = context
    this.#options = options
    this.#wake = wake
    this.#generic = options.generic === undefined ? null : legacyDecoder(options.generic)
  }

  /** A file with everything but its stream and position. `target` is where `name` leads. */
  make(path: string, name: string, target: string, fd: number, stats: BigIntStats): Followed | null {
    const tag = this.#options.tagOf(path)
    if (tag === null) {
      closeSync(fd)
      this.#context.log.warn('A file is left out, since its path does not match tag_regex.', { path })
      return null
    }
    const file = new Followed(path, String(stats.dev), String(stats.ino), NOWHERE)
    file.name = name
    file.fd = fd
    file.size = Number(stats.size)
    file.modified = Number(stats.mtimeMs)
    file.born = birth(stats)
    file.made = String(stats.birthtimeNs)
    file.compressed = name.endsWith('.gz')
    const head = readHead(fd)
    file.headLength = head.length
    file.headSum = headSum(head)
    const { unicode, handling, joins } = this.#options
    file.decoder = unicode === undefined ? this.#generic : unicodeDecoder(unicode, head)
    file.link = target !== name
    file.target = target
    const handle = this.#context.ingest.tag(tag)
    file.handle = handle
    file.handler = joins === null ? lineHandler(handling, handle, path) : joins.acquire(path, handle)
    if (handle.ready !== undefined) {
      file.paused = true
      const go = (): void => {
        file.paused = false
        this.#wake(file)
      }
      handle.ready.then(go, go)
    }
    return file
  }
}
