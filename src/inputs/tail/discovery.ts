/**
 * Which files are there. chokidar tells at once what appears in the folders of the patterns; it watches folders only,
 * never the content of files. A folder in which much is written makes it costly, so while there are many notices the
 * patterns are looked up once a second instead. So are patterns that name one file, those that lead through folders that
 * are symbolic links, and all of them where notices do not work (network mounts).
 */
import { lstatSync, realpathSync } from 'node:fs'
import { watch, type FSWatcher } from 'chokidar'
import { Glob, compileFnmatch } from '../../lib/glob.ts'
import type { Log } from '../../plugin/context.ts'

const POLL = 1_000
/** Notices a second from which polling is cheaper, and how long it lasts then. */
const BUSY = 50
const CALM = 30_000

export class Discovery {
  readonly #globs: readonly Glob[]
  readonly #excluded: readonly RegExp[]
  readonly #isOwn: (path: string) => boolean
  readonly #log: Log
  readonly #notices: boolean
  readonly #refresh: number
  readonly #found: (path: string) => void
  readonly #missing: (path: string) => void
  #watcher: FSWatcher | null = null
  #timer: NodeJS.Timeout | null = null
  #scannedAt = 0
  #notified = 0
  #pollUntil = 0
  #closed = false
  /** Watched folders that are symbolic links, by where they lead. */
  readonly #links = new Map<string, string>()
  #ownSaid = false

  /**
   * `found` is called for each file that matches, again and again; `missing` for a path that matched and is gone.
   */
  constructor(
    patterns: readonly string[], excluded: readonly string[],
    options: {
      readonly notices: boolean; readonly refresh: number; readonly log: Log
      /** The agent's own container log, which only a pattern that names one file finds. */
      readonly isOwn?: (path: string) => boolean
    },
    found: (path: string) => void, missing: (path: string) => void
  ) {
    this.#globs = patterns.map((pattern) => new Glob(pattern))
    this.#excluded = excluded.map(compileFnmatch)
    this.#isOwn = options.isOwn ?? (() => false)
    this.#log = options.log
    this.#notices = options.notices
    this.#refresh = options.refresh
    this.#found = found
    this.#missing = missing
  }

  /** Whether a path is one of those to follow. */
  matches(path: string): boolean {
    return this.#globs.some((glob) => glob.test(path) && !this.#isLeftOut(glob, path))
  }

  /** Looks all patterns up and reports what is there. */
  scan(): void {
    this.#scannedAt = performance.now()
    for (const glob of this.#globs) this.#scan(glob)
  }

  #scan(glob: Glob): void {
    for (const path of glob.expand()) if (!this.#isLeftOut(glob, path)) this.#found(path)
  }

  start(): void {
    if (this.#notices) this.#watch()
    this.#timer = setInterval(() => this.#tick(), POLL)
  }

  async close(): Promise<void> {
    this.#closed = true
    if (this.#timer !== null) clearInterval(this.#timer)
    await this.#unwatch()
  }

  #isLeftOut(glob: Glob, path: string): boolean {
    if (this.#excluded.some((pattern) => pattern.test(path))) return true
    if (glob.depth === 0 || !this.#isOwn(path)) return false
    if (!this.#ownSaid) this.#log.info('The log of the agent\'s own container is left out; a path that names it takes it in.', { path })
    this.#ownSaid = true
    return true
  }

  #tick(): void {
    const now = performance.now()
    if (this.#watcher !== null && this.#notified > BUSY) {
      this.#pollUntil = now + CALM
      void this.#unwatch()
    } else if (this.#watcher === null && this.#notices && now > this.#pollUntil) this.#watch()
    this.#notified = 0
    if (this.#watcher === null || now - this.#scannedAt >= this.#refresh) this.scan()
    else for (const glob of this.#globs) if (glob.depth === 0 || glob.throughLinks) this.#scan(glob)
  }

  #watch(): void {
    const roots = new Set<string>()
    for (const glob of this.#globs) if (glob.depth > 0) roots.add(this.#watchable(glob.root))
    if (roots.size === 0) return
    const watcher = watch([...roots], {
      ignoreInitial: true,
      followSymlinks: false,
      atomic: false,
      ignorePermissionErrors: true,
      depth: Math.max(0, ...this.#globs.map((glob) => glob.depth - 1)),
      ignored: (path, stats) => stats !== undefined && this.#isIrrelevant(this.#asWritten(path), stats.isDirectory())
    })
    watcher.on('all', (event, path) => this.#notice(event, this.#asWritten(path)))
    watcher.on('error', (error) => {
      if (this.#watcher !== watcher) return
      const reason = error instanceof Error ? error.message : String(error)
      this.#log.warn('Folders cannot be watched, so their files are looked up once a second.', { reason })
      this.#pollUntil = Infinity
      void this.#unwatch()
    })
    // what appeared between the last look and now
    watcher.on('ready', () => {
      if (this.#watcher === watcher && !this.#closed) this.scan()
    })
    this.#watcher = watcher
  }

  #isIrrelevant(path: string, folder: boolean): boolean {
    return !this.#globs.some((glob) => (folder ? glob.leadsTo(path) : glob.test(path)))
  }

  /** The folder to watch for a root: where it leads, when it is a symbolic link. */
  #watchable(root: string): string {
    if (lstatSync(root, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return root
    try {
      const real = realpathSync(root)
      this.#links.set(real, root)
      return real
    } catch {
      return root
    }
  }

  /** A path as the patterns have it. */
  #asWritten(path: string): string {
    for (const [real, root] of this.#links) {
      if (path === real || path.startsWith(real + '/')) return root + path.slice(real.length)
    }
    return path
  }

  #notice(event: string, path: string): void {
    this.#notified++
    if (event === 'unlink') {
      if (this.matches(path)) this.#missing(path)
    } else if (event === 'addDir') {
      if (performance.now() - this.#scannedAt > 20) this.scan()
    } else if (this.matches(path)) this.#found(path)
  }

  async #unwatch(): Promise<void> {
    const watcher = this.#watcher
    this.#watcher = null
    if (watcher === null) return
    const closed = watcher.close()
    // closing takes the listeners away, and what was under way may still fail: a file that is gone would end the agent
    watcher.on('error', () => {})
    await closed
  }
}
