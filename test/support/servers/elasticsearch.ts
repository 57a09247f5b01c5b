/** Elasticsearch 8.19.21 from Maven Central: server and netty transport, without x-pack and most modules. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { cached } from './cache.ts'
import { compile, fetchJars, moveJars, pack, requireMaven } from './maven.ts'
import { SearchServer } from './search-server.ts'
import type { Launch, SearchOptions } from './search-server.ts'
import type { Requirement } from './server.ts'

const version = '8.19.21'

function home (): Promise<string> {
  requireMaven()
  return cached(`elasticsearch-${version}-1`, async (folder) => {
    await fetchJars(folder, `elasticsearch-${version}`, [
      `org.elasticsearch:elasticsearch:${version}`,
      `org.elasticsearch.plugin:transport-netty4:${version}`
    ])
    await compile(folder, 'RootEndpoint', 'root')
    await pack(folder, 'root', 'modules/rest-root/rest-root.jar')
    await compile(folder, 'ElasticsearchServer', 'launcher')
    // Jars of a module may lie in its folder only, not on the class path as well.
    moveJars(folder, ['netty-', 'transport-netty4-', 'elasticsearch-ssl-config-'], 'modules/transport-netty4')
    describeModule(folder, 'transport-netty4', 'org.elasticsearch.transport.netty4.Netty4Plugin')
    describeModule(folder, 'rest-root', 'RootEndpoint')
    for (const name of ['config', 'plugins']) mkdirSync(path.join(folder, name))
    writeFileSync(path.join(folder, 'config/elasticsearch.yml'), '')
    writeFileSync(path.join(folder, 'config/log4j2.properties'), `
status = error
appender.console.type = Console
appender.console.name = console
appender.console.layout.type = PatternLayout
appender.console.layout.pattern = %d{ISO8601} %p %c{1.} %m%n
rootLogger.level = info
rootLogger.appenderRef.console.ref = console
`)
  })
}

function describeModule (folder: string, name: string, className: string): void {
  writeFileSync(path.join(folder, 'modules', name, 'plugin-descriptor.properties'), `name=${name}
description=${name} for tests
version=${version}
elasticsearch.version=${version}
java.version=17
classname=${className}
`)
}

async function launch (): Promise<Launch> {
  const folder = await home()
  return {
    name: 'elasticsearch',
    cwd: folder,
    classPath: `${path.join(folder, 'launcher')}:${path.join(folder, 'lib', '*')}`,
    mainClass: 'ElasticsearchServer',
    arguments: async (data, port) => [folder, data, String(port)]
  }
}

export const elasticsearch: Requirement = { name: `Elasticsearch ${version}`, prepare: async () => { await home() } }

export async function startElasticsearch (options: SearchOptions = {}): Promise<SearchServer> {
  return SearchServer.start(await launch(), options)
}
