/**
 * The loops over single bytes that cost most, as WebAssembly, and the memory they work in: text that is escaped, JSON that
 * is scanned, the record that is encoded. kernel/kernel.ts is their source.
 *
 * They reach nothing but their own memory, so what the hot path touches is made by `allocate`: blocks that are read,
 * arenas, the pool, tables of records, the desks of frame builders. Where a buffer lies elsewhere (a line too long for a
 * block, no room left, no WebAssembly in this process) the same is done in JavaScript, which says what is right.
 */
import { CODE } from './kernel-code.ts'

export interface Kernel {
  /** `escapeText` from `[from, end)` to `to`; returns the address behind it. */
  escape(from: number, end: number, to: number): number
  /** `scanObject` into the table at `record`, which has `count` members: an offset in the source, INVALID or UNDECIDED. */
  scan(record: number, source: number, start: number, end: number, whole: number, count: number): number
  /** `bodyRoom` without constants, which are listed in the table. */
  room(record: number, count: number, first: number): number
  /** `encodeBody` at `out`; constants are left out and listed in the table. Returns the address behind it. */
  encode(record: number, count: number, first: number, out: number): number
}

export const INVALID = -1
/** The text has what is left to JavaScript: a key with escapes, white space inside a value, more members than a table holds. */
export const UNDECIDED = -2

/** Bytes behind a text that the kernel may read, and behind what it writes that it may scribble on. */
export const SLACK = 16

/**
 * A record's table: 64 members. Offsets in bytes; the first six are u32: where the three sources lie, members after a scan,
 * whether two may have one key, constants found. HOLE_LIST has 64 pairs of u32: offset in the body, index of the member.
 */
export const TABLE = {
  size: 2048, members: 64,
  bases: 0, count: 12, repeated: 16, holes: 20, keyStart: 64, keyEnd: 320, keyHash: 576, valueStart: 832, valueEnd: 1088,
  holeList: 1344, keySource: 1856, valueSource: 1920, kind: 1984
} as const

/** Twenty inputs and what they need; what comes later does without. Pages that nobody touches cost nothing. */
const PAGE = 64 * 1024
const PAGES = 256

interface Native {
  readonly kernel: Kernel
  readonly memory: ArrayBuffer
}

/** WebAssembly as far as it is used here; TypeScript has its types only for browsers. */
interface Assembly {
  readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer }
  readonly Module: new (code: Uint8Array) => object
  readonly Instance: new (module: object, imports: object) => { readonly exports: object }
}

function load(): Native | undefined {
  try {
    const assembly = (globalThis as unknown as { WebAssembly: Assembly }).WebAssembly
    const memory = new assembly.Memory({ initial: PAGES, maximum: PAGES })
    const module = new assembly.Module(Buffer.from(CODE, 'base64'))
    const exported = new assembly.Instance(module, { env: { memory } }).exports as Kernel & { prepare(): void }
    exported.prepare()
    return { kernel: exported, memory: memory.buffer }
  } catch {
    // switched off (`--jitless`), or an address space that is limited: JavaScript does it all
    return undefined
  }
}

const native = load()
export const kernel = native?.kernel
const memory = native?.memory

/** The first page is the kernel's own. */
let next = PAGE
const free = new Map<number, number[]>()
const released = new FinalizationRegistry<readonly [number, number]>(([size, address]) => {
  const list = free.get(size)
  if (list === undefined) free.set(size, [address])
  else list.push(address)
})

/** A buffer in the kernel's memory while there is room, any other buffer then. Holds whatever was there before. */
export function allocate(size: number): Buffer<ArrayBuffer> {
  // a size of its own for each doubling: what grows leaves places that others fit in
  const rounded = Math.ceil((size + SLACK) / 64) * 64
  const address = free.get(rounded)?.pop() ?? (memory !== undefined && next + rounded + SLACK <= memory.byteLength ? next : 0)
  if (memory === undefined || address === 0) return Buffer.allocUnsafeSlow(size)
  if (address === next) next += rounded
  const buffer = Buffer.from(memory, address, size)
  released.register(buffer, [rounded, address])
  return buffer
}

/** Where a buffer lies in the kernel's memory; 0 when it lies elsewhere. */
export function addressOf(bytes: Uint8Array): number {
  return bytes.buffer === memory ? bytes.byteOffset : 0
}
