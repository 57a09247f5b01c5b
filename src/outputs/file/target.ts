/** Which file a record goes to. */
import { compileTemplate, type Template } from '../../event/accessor.ts'
import type { Pool } from '../../event/pool.ts'
import type { Record } from '../../event/record.ts'
import { compileDateFormat, type DateFormat } from '../../lib/strftime.ts'
import { PluginError } from '../../plugin/context.ts'
import { atOption } from '../shared/accessors.ts'

export interface TargetOptions {
  readonly path: string | undefined
  readonly file: string | undefined
  readonly enable_strftime: boolean
}

export class Target {
  readonly #path: Template | undefined
  readonly #file: Template | undefined
  readonly #date: ((text: string) => DateFormat) | undefined
  /** The record must be open to know its file. */
  readonly needsRecord: boolean
  /** Every record goes to the file of its tag. */
  readonly perTag: boolean

  constructor({ path, file, enable_strftime }: TargetOptions, pool: Pool) {
    this.#path = path === undefined ? undefined : atOption('path', () => compileTemplate(path, pool))
    this.#file = file === undefined ? undefined : atOption('file', () => compileTemplate(file, pool))
    this.needsRecord = (this.#path?.needsRecord ?? false) || (this.#file?.needsRecord ?? false)
    if (path?.startsWith('$') === true) throw new PluginError('a path with accessors must begin with a fixed folder', 'path')
    this.perTag = !this.needsRecord && !enable_strftime
    if (enable_strftime) {
      const formats = new Map<string, DateFormat>()
      this.#date = (text) => {
        let format = formats.get(text)
        if (format === undefined) {
          if (formats.size === 1000) formats.clear()
          formats.set(text, (format = compileDateFormat(text)))
        }
        return format
      }
    }
  }

  /** The path for a record (open when `needsRecord`), or undefined when it lacks a value. */
  pathOf(record: Record, tag: string, seconds: number): string | undefined {
    const folder = this.#path === undefined ? '.' : this.#fill(this.#path, record, tag, seconds, true)
    const name = this.#file === undefined ? tag : this.#fill(this.#file, record, tag, seconds, false)
    return folder === undefined || name === undefined || name === '' ? undefined : `${folder}/${name}`
  }

  #fill(template: Template, record: Record, tag: string, seconds: number, isPath: boolean): string | undefined {
    const text = template.constant ?? safe(template, record, tag, isPath)
    return text === undefined || this.#date === undefined ? text : this.#date(text).format(seconds)
  }
}

/** What a record says may not lead out of the configured folder. */
function safe(template: Template, record: Record, tag: string, isPath: boolean): string | undefined {
  const text = template.fillAll(record, tag)
  if (text === undefined || text.includes('\0')) return undefined
  const fixed = isPath ? template.source.slice(0, template.source.indexOf('$')) : ''
  return text.slice(fixed.length).split('/').includes('..') ? undefined : text
}
