import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { promisify } from 'node:util'
import { verifyChecksums } from './cache.ts'
import { onPath } from './server.ts'

const exec = promisify(execFile)

export const javaFolder: string = path.join(import.meta.dirname, 'java')

const want = 'needs a JDK 17 and Maven: apt-get install -y --no-install-recommends openjdk-17-jdk-headless maven'

export function requireMaven (): void {
  for (const command of ['java', 'javac', 'mvn']) if (!onPath(command)) throw new Error(want)
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

/** Compiles one of our launchers, `name`.java, against `folder`/lib into `folder`/`target`. */
export async function compile (folder: string, name: string, target: string): Promise<void> {
  const jars = readdirSync(path.join(folder, 'lib')).map((jar) => path.join(folder, 'lib', jar))
  mkdirSync(path.join(folder, target), { recursive: true })
  await exec('javac', ['-nowarn', '-d', path.join(folder, target), '-cp', jars.join(':'), path.join(javaFolder, `${name}.java`)])
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
