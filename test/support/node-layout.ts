/**
 * The log files of an EKS node below a folder, in the places and formats that kubelet, container runtime and the
 * distributions give them: what agents on a node must read, and what happens to it while they do.
 */
import { createHash, randomUUID } from 'node:crypto'
import { closeSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

export type Runtime = 'containerd' | 'docker'

export interface PodOptions {
  readonly namespace?: string
  readonly name: string
  readonly uid?: string
}

/** Files that a container keeps: the one that grows, the newest rotated one as it is, older ones compressed. */
const MAX_FILES = 5
/** A runtime cuts longer messages into parts. */
const PART = 16 * 1024

export class NodeLayout {
  /** Stands for `/` of the node. */
  readonly root: string
  readonly runtime: Runtime
  readonly pods = new Set<Pod>()
  /** The kubelet names rotated files by the second; rotations of tests are closer together, so seconds are counted. */
  #second = 0

  constructor (root: string, runtime: Runtime = 'containerd') {
    this.root = root
    this.runtime = runtime
    for (const folder of ['var/log/pods', 'var/log/containers', 'var/lib/docker/containers', 'var/log/journal', 'run/log/journal']) {
      mkdirSync(path.join(root, folder), { recursive: true })
    }
  }

  /** `var/log/containers`, where agents look. */
  get containers (): string {
    return path.join(this.root, 'var/log/containers')
  }

  pod (options: PodOptions): Pod {
    const pod = new Pod(this, options)
    this.pods.add(pod)
    return pod
  }

  /** The files that rsyslog of Amazon Linux 2 writes: `dmesg`, `messages` and `secure`. */
  hostFile (name: 'dmesg' | 'messages' | 'secure'): HostFile {
    return new HostFile(path.join(this.root, 'var/log', name))
  }

  /** `20261124-101502`: what the kubelet adds to the name of a rotated file. */
  nextStamp (): string {
    const stamp = new Date(Date.UTC(2026, 10, 24) + this.#second++ * 1000).toISOString()
    return stamp.slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-')
  }

  close (): void {
    for (const pod of this.pods) for (const container of pod.containers) container.close()
  }
}

export class Pod {
  readonly node: NodeLayout
  readonly namespace: string
  readonly name: string
  readonly uid: string
  readonly containers = new Set<ContainerLog>()

  constructor (node: NodeLayout, options: PodOptions) {
    this.node = node
    this.namespace = options.namespace ?? 'default'
    this.name = options.name
    this.uid = options.uid ?? randomUUID()
  }

  /** `var/log/pods/NAMESPACE_NAME_UID` */
  get folder (): string {
    return path.join(this.node.root, 'var/log/pods', `${this.namespace}_${this.name}_${this.uid}`)
  }

  container (name: string): ContainerLog {
    const container = new ContainerLog(this, name)
    this.containers.add(container)
    return container
  }

  /** The pod is deleted: links and files go at once, whoever has read them. */
  delete (): void {
    for (const container of this.containers) container.remove()
    rmSync(this.folder, { recursive: true, force: true })
    this.node.pods.delete(this)
  }
}

export class ContainerLog {
  readonly pod: Pod
  readonly name: string
  /** How often it was restarted; the number in the file's name. */
  restarts = 0
  /** 64 hexadecimal digits; each restart has its own. */
  id = ''
  /** The file that grows. */
  file = ''
  /** The kubelet's link to it, in `var/log/containers`. */
  link = ''
  /** Lines written, parts of messages counted one by one. */
  lines = 0
  readonly #docker: boolean
  #descriptor = -1
  /** Link and file of the container that ended last, which the kubelet keeps until the next one ends. */
  #before: { readonly link: string, readonly file: string } | undefined

  constructor (pod: Pod, name: string) {
    this.pod = pod
    this.name = name
    this.#docker = pod.node.runtime === 'docker'
    this.#begin()
  }

  #begin (): void {
    const { root, containers } = this.pod.node
    const folder = path.join(this.pod.folder, this.name)
    mkdirSync(folder, { recursive: true })
    this.id = createHash('sha256').update(`${this.pod.uid}/${this.name}/${this.restarts}`).digest('hex')
    const listed = path.join(folder, `${this.restarts}.log`)
    if (this.#docker) {
      const own = path.join(root, 'var/lib/docker/containers', this.id)
      mkdirSync(own, { recursive: true })
      this.file = path.join(own, `${this.id}-json.log`)
      symlinkSync(this.file, listed)
    } else this.file = listed
    this.#descriptor = openSync(this.file, 'a', 0o640)
    this.link = path.join(containers, `${this.pod.name}_${this.pod.namespace}_${this.name}-${this.id}.log`)
    symlinkSync(listed, this.link)
  }

  /** Writes messages as the runtime does: long ones in parts. */
  write (messages: readonly string[], stream: 'stdout' | 'stderr' = 'stdout', time = new Date()): void {
    const text = messages.map((message) => this.#docker ? this.#json(message, stream, time) : this.#cri(message, stream, time)).join('')
    this.raw(text)
  }

  /** Text as it stands. */
  raw (text: string): void {
    const bytes = Buffer.from(text)
    for (let at = 0; at < bytes.length;) at += writeSync(this.#descriptor, bytes, at)
  }

  #cri (message: string, stream: string, time: Date): string {
    let text = ''
    for (let at = 0; at === 0 || at < message.length; at += PART) {
      text += `${nanos(time)} ${stream} ${at + PART < message.length ? 'P' : 'F'} ${message.slice(at, at + PART)}\n`
      this.lines++
    }
    return text
  }

  #json (message: string, stream: string, time: Date): string {
    let text = ''
    for (let at = 0; at === 0 || at < message.length; at += PART) {
      const log = message.slice(at, at + PART) + (at + PART < message.length ? '' : '\n')
      text += `${JSON.stringify({ log, stream, time: nanos(time) })}\n`
      this.lines++
    }
    return text
  }

  /**
   * Rotates as the kubelet does: leftovers and what is beyond the limit deleted, older rotated files compressed, the
   * file renamed, the runtime told to open it anew. Docker rotates by itself, with numbers.
   */
  rotate (): void {
    const folder = path.dirname(this.file)
    const base = path.basename(this.file)
    if (this.#docker) {
      for (let n = MAX_FILES - 2; n >= 1; n--) renameIfThere(path.join(folder, `${base}.${n}`), path.join(folder, `${base}.${n + 1}`))
      renameSync(this.file, path.join(folder, `${base}.1`))
    } else {
      let rotated = readdirSync(folder).filter((name) => name.startsWith(`${base}.`)).sort()
      for (const name of rotated.filter((name) => name.endsWith('.tmp'))) unlinkSync(path.join(folder, name))
      rotated = rotated.filter((name) => !name.endsWith('.tmp'))
      for (const name of rotated.splice(0, Math.max(0, rotated.length - (MAX_FILES - 2)))) unlinkSync(path.join(folder, name))
      for (const name of rotated.filter((name) => !name.endsWith('.gz'))) compress(path.join(folder, name))
      renameSync(this.file, `${this.file}.${this.pod.node.nextStamp()}`)
    }
    closeSync(this.#descriptor)
    this.#descriptor = openSync(this.file, 'a', 0o640)
  }

  /** The container ends and starts again: another file, another link. What the one before the last left behind goes. */
  restart (): void {
    this.close()
    this.#forget()
    this.#before = { link: this.link, file: this.file }
    this.restarts++
    this.#begin()
  }

  #forget (): void {
    if (this.#before === undefined) return
    const { link, file } = this.#before
    unlinkSync(link)
    for (const name of readdirSync(path.dirname(file))) {
      if (name.startsWith(path.basename(file))) unlinkSync(path.join(path.dirname(file), name))
    }
  }

  /** Link and files go. */
  remove (): void {
    this.close()
    this.#forget()
    rmSync(this.link, { force: true })
    if (this.#docker) rmSync(path.dirname(this.file), { recursive: true, force: true })
    this.pod.containers.delete(this)
  }

  close (): void {
    if (this.#descriptor >= 0) closeSync(this.#descriptor)
    this.#descriptor = -1
  }
}

/** A file in the format of syslog: `Nov 24 10:15:02 ip-10-0-1-2 sshd[77]: text`; `dmesg` as the kernel has it. */
export class HostFile {
  readonly file: string

  constructor (file: string) {
    this.file = file
    writeFileSync(file, '', { flag: 'a' })
  }

  write (messages: readonly string[], identifier = 'sshd[77]', time = new Date()): void {
    const date = `${time.toUTCString().slice(8, 11)} ${String(time.getUTCDate()).padStart(2)}`
    const head = path.basename(this.file) === 'dmesg'
      ? '[    0.000000] '
      : `${date} ${time.toISOString().slice(11, 19)} ip-10-0-1-2 ${identifier}: `
    writeFileSync(this.file, messages.map((message) => `${head}${message}\n`).join(''), { flag: 'a' })
  }

  /** As logrotate does it: renamed with the date, a new one made. */
  rotate (suffix = '20261124'): void {
    renameSync(this.file, `${this.file}-${suffix}`)
    writeFileSync(this.file, '')
  }
}

function compress (file: string): void {
  writeFileSync(`${file}.tmp`, gzipSync(readFileSync(file)))
  renameSync(`${file}.tmp`, `${file}.gz`)
  unlinkSync(file)
}

function renameIfThere (from: string, to: string): void {
  try {
    renameSync(from, to)
  } catch {
    // not so many yet
  }
}

/** RFC 3339 with nine digits of a second, as container runtimes write it. */
function nanos (time: Date): string {
  return `${time.toISOString().slice(0, -1)}000000Z`
}
