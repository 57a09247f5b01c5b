import { execFile } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { verifyChecksums } from './cache.ts'
import { debian, onPath } from './server.ts'

const exec = promisify(execFile)

export const javaFolder: string = path.join(import.meta.dirname, 'java')

const want = 'needs a JDK 17 and Maven: apt-get install -y --no-install-recommends openjdk-17-jdk-headless maven'

export function requireMaven (): void {
  for (const command of ['java', 'javac', 'mvn']) if (!onPath(command)) throw new Error(want)
}

const machines = '/usr/lib/jvm'

/**
 * The `bin` folder of a JDK of at least version `least`: of JAVA_HOME, of the PATH, or of those that packages put into
 * /usr/lib/jvm; Debian's is installed when there is none.
 */
export async function jdk (least: number): Promise<string> {
  const found = findJdk(least)
  if (found !== undefined) return found
  await debian(path.join(machines, `java-${least}-openjdk-${process.arch === 'x64' ? 'amd64' : process.arch}`, 'bin/javac'),
    [`openjdk-${least}-jdk-headless`]).catch((error: unknown) => {
    throw new Error(`needs a JDK ${least} or newer in ${machines} or JAVA_HOME: ${error instanceof Error ? error.message : String(error)}`)
  })
  return findJdk(least) ?? ''
}

function findJdk (least: number): string | undefined {
  const home = process.env['JAVA_HOME']
  const onPaths = (process.env['PATH'] ?? '').split(':').filter((folder) => existsSync(path.join(folder, 'javac')))
  const installed = existsSync(machines) ? readdirSync(machines).map((name) => path.join(machines, name, 'bin')) : []
  return [...(home === undefined || home === '' ? [] : [path.join(home, 'bin')]), ...onPaths.map(realJdk), ...installed].find((bin) => {
    const release = path.join(bin, '../release')
    if (!onPath(path.join(bin, 'javac')) || !existsSync(release)) return false
    return Number(/^JAVA_VERSION="(\d+)/m.exec(readFileSync(release, 'utf8'))?.[1] ?? 0) >= least
  })
}

/** The JDK's own `bin` folder: what lies on the PATH is often a link. */
function realJdk (folder: string): string {
  return path.dirname(realpathSync(path.join(folder, 'javac')))
}

/**
 * Puts the jars of `artifacts` (group:artifact:version) and what they need into `folder`/lib and checks every one
 * against `checksums`/`name`.sha256. Asks Maven three times, as networks are what they are.
 */
export async function fetchJars (folder: string, name: string, artifacts: readonly string[]): Promise<void> {
  const work = path.join(folder, 'maven')
  mkdirSync(work, { recursive: true })
  const dependencies = artifacts.map((artifact) => {
    const [group, id, version] = artifact.split(':')
    return `<dependency><groupId>${group}</groupId><artifactId>${id}</artifactId><version>${version}</version></dependency>`
  })
  writeFileSync(path.join(work, 'pom.xml'), `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>fantail.test</groupId><artifactId>jars</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>${dependencies.join('')}</dependencies>
</project>
`)
  const args = ['-q', '-B', `-Dmaven.repo.local=${path.join(work, 'repository')}`, '-DincludeScope=runtime', '-DoutputDirectory=lib',
    'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies']
  for (let attempt = 1; ; attempt++) {
    try {
      await exec('mvn', args, { cwd: work, maxBuffer: 64 << 20, env: process.env })
      break
    } catch (error) {
      if (attempt === 3) throw new Error(`Maven could not fetch ${artifacts.join(', ')}: ${lastLines(error)}`)
    }
  }
  verifyChecksums(path.join(work, 'lib'), path.join(import.meta.dirname, 'checksums', `${name}.sha256`))
  renameSync(path.join(work, 'lib'), path.join(folder, 'lib'))
  rmSync(work, { recursive: true, force: true })
}

function lastLines (error: unknown): string {
  const { stdout = '', stderr = '', message = '' } = error as { stdout?: string, stderr?: string, message?: string }
  return `${stdout}${stderr}`.trim().split('\n').slice(-4).join(' ') || message
}

/** Compiles our class `name`, and those of ours that it names, against the jars of `lib` into `folder`/`target`. */
export async function compile (
  bin: string, folder: string, name: string, target: string, sources: readonly string[] = [''], lib: string = path.join(folder, 'lib')
): Promise<void> {
  const paths = sources.map((source) => path.join(javaFolder, source))
  const source = paths.map((at) => path.join(at, `${name}.java`)).find((file) => existsSync(file)) ?? name
  const jars = readdirSync(lib).map((jar) => path.join(lib, jar))
  mkdirSync(path.join(folder, target), { recursive: true })
  await exec(path.join(bin, 'javac'), [
    '-nowarn', '-d', path.join(folder, target), '-cp', jars.join(':'), '-sourcepath', paths.join(':'), source
  ])
}

/** Packs the classes below `folder`/`classes` into `jar`, and removes them. */
export async function pack (folder: string, classes: string, jar: string): Promise<void> {
  mkdirSync(path.dirname(path.join(folder, jar)), { recursive: true })
  await exec('jar', ['cf', path.join(folder, jar), '-C', path.join(folder, classes), '.'])
  rmSync(path.join(folder, classes), { recursive: true, force: true })
}

/** Moves the jars of `folder`/lib whose names begin with one of `prefixes` into `target`. */
export function moveJars (folder: string, prefixes: readonly string[], target: string): void {
  mkdirSync(path.join(folder, target), { recursive: true })
  for (const jar of readdirSync(path.join(folder, 'lib'))) {
    if (!prefixes.some((prefix) => jar.startsWith(prefix))) continue
    cpSync(path.join(folder, 'lib', jar), path.join(folder, target, jar))
    rmSync(path.join(folder, 'lib', jar))
  }
}
