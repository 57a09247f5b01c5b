import {
  closeSync, copyFileSync, existsSync, fsyncSync, ftruncateSync, mkdirSync, openSync, renameSync, rmSync, symlinkSync, unlinkSync, writeSync
} from 'node:fs'
import path from 'node:path'

export type LineFormat = (name: string, number: number) => string

/** `w1 17 xxxxxxxx`: what every writer numbers its lines with; the checker finds it anywhere in a record. */
export function numbered (name: string, number: number, size = 80): string {
  const head = `${name} ${number} `
  return head + 'x'.repeat(Math.max(0, size - head.length))
}

export const plain: LineFormat = (name, number) => `${numbered(name, number)}\n`

export const cri: LineFormat = (name, number) => `${timestamp(number)} stdout F ${numbered(name, number)}\n`

export const criJson: LineFormat = (name, number) =>
  `${timestamp(number)} stdout F {"level":"info","log":"${numbered(name, number)}","n":${number}}\n`

/** Every third message comes in two parts, as a container runtime cuts long lines. */
export const criPartial: LineFormat = (name, number) => {
  if (number % 3 !== 0) return cri(name, number)
  const text = numbered(name, number, 120)
  return `${timestamp(number)} stdout P ${text.slice(0, 60)}\n${timestamp(number)} stdout F ${text.slice(60)}\n`
}

function timestamp (number: number): string {
  const seconds = 1_700_000_000 + Math.floor(number / 1000)
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}.${String(number % 1000).padStart(3, '0')}000000Z`
}

/** Writes numbered lines to a file and rotates it in all the ways that logs are rotated. */
export class Writer {
  readonly name: string
  readonly file: string
  /** Lines written so far; the next has this number. */
  count = 0
  readonly #format: LineFormat
  #descriptor: number
  #rotations = 0

  constructor (file: string, name: string = path.basename(file, '.log'), format: LineFormat = plain) {
    this.name = name
    this.file = file
    this.#format = format
    mkdirSync(path.dirname(file), { recursive: true })
    this.#descriptor = openSync(file, 'a')
  }

  write (lines: number): void {
    let text = ''
    for (let i = 0; i < lines; i++) {
      text += this.#format(this.name, this.count++)
      if (text.length > 65_536) {
        this.#put(text)
        text = ''
      }
    }
    this.#put(text)
  }

  /** Part of a line now, and the function that writes the rest of it. */
  begin (): () => void {
    const text = this.#format(this.name, this.count++)
    const cut = Math.floor(text.length / 2)
    this.#put(text.slice(0, cut))
    return () => this.#put(text.slice(cut))
  }

  /** Text of its own, not numbered. */
  raw (text: string): void {
    this.#put(text)
  }

  /** The file goes to another name, a new one takes its place. Returns the other name. */
  rename (target = `${this.file}.${++this.#rotations}`): string {
    renameSync(this.file, target)
    this.#reopen()
    return target
  }

  /** The content is copied and the file cut to nothing, as `copytruncate` of logrotate does. */
  copyTruncate (target = `${this.file}.${++this.#rotations}`): string {
    copyFileSync(this.file, target)
    ftruncateSync(this.#descriptor, 0)
    return target
  }

  /** The file is gone, whatever of it was read, and a new one takes its place. */
  delete (): void {
    unlinkSync(this.file)
    this.#reopen()
  }

  /** For a writer whose `file` is the target of `link`: a new target, and the link switched to it in one step. */
  switchLink (link: string, target: string): Writer {
    const next = new Writer(target, this.name, this.#format)
    next.count = this.count
    Writer.link(link, target)
    this.close()
    return next
  }

  /** Makes or switches a symbolic link in one step, as the kubelet does. */
  static link (link: string, target: string): void {
    const fresh = `${link}.tmp`
    if (existsSync(fresh)) rmSync(fresh)
    mkdirSync(path.dirname(link), { recursive: true })
    symlinkSync(target, fresh)
    renameSync(fresh, link)
  }

  sync (): void {
    fsyncSync(this.#descriptor)
  }

  close (): void {
    closeSync(this.#descriptor)
  }

  #reopen (): void {
    closeSync(this.#descriptor)
    this.#descriptor = openSync(this.file, 'a')
  }

  #put (text: string): void {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor, bytes, at)
  }
}
