/** Elasticsearch from Maven Central: server and netty transport, without x-pack and most modules. */
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { cached } from './cache.ts'
import { compile, fetchJars, jdk, moveJars, pack, requireMaven } from './maven.ts'
import { SearchServer } from './search-server.ts'
import type { Launch, SearchRelease } from './search-server.ts'

export const elasticsearch: SearchRelease = release({ version: '8.19.21', java: 17, sources: 'elasticsearch8' })
export const elasticsearch9: SearchRelease = release({ version: '9.5.3', java: 21, sources: 'elasticsearch9' })

interface Release {
  readonly version: string
  /** The oldest version of Java that it runs on. */
  readonly java: number
  /** Folder of our classes that are for this version only. */
  readonly sources: string
}

function release (which: Release): SearchRelease {
  return {
    name: `Elasticsearch ${which.version}`,
    prepare: async () => { await home(which) },
    start: async (options = {}) => SearchServer.start(await launch(which), options)
  }
}

async function home ({ version, java, sources }: Release): Promise<string> {
  requireMaven()
  const bin = await jdk(java)
  return cached(`elasticsearch-${version}-1`, async (folder) => {
    await fetchJars(folder, `elasticsearch-${version}`, [
      `org.elasticsearch:elasticsearch:${version}`,
      `org.elasticsearch.plugin:transport-netty4:${version}`
    ])
    await compile(bin, folder, 'RootEndpoint', 'root', ['', sources])
    await pack(folder, 'root', 'modules/rest-root/rest-root.jar')
    await compile(bin, folder, 'ElasticsearchServer', 'launcher', ['', sources])
    // Jars of a module may lie in its folder only, not on the class path as well.
    moveJars(folder, ['netty-', 'transport-netty4-', 'elasticsearch-ssl-config-'], 'modules/transport-netty4')
    describeModule(folder, version, 'transport-netty4', 'org.elasticsearch.transport.netty4.Netty4Plugin')
    describeModule(folder, version, 'rest-root', 'RootEndpoint')
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

function describeModule (folder: string, version: string, name: string, className: string): void {
  writeFileSync(path.join(folder, 'modules', name, 'plugin-descriptor.properties'), `name=${name}
description=${name} for tests
version=${version}
elasticsearch.version=${version}
java.version=17
classname=${className}
`)
}

async function launch (which: Release): Promise<Launch> {
  const folder = await home(which)
  return {
    name: 'elasticsearch',
    java: path.join(await jdk(which.java), 'java'),
    cwd: folder,
    classPath: `${path.join(folder, 'launcher')}:${path.join(folder, 'lib', '*')}`,
    mainClass: 'ElasticsearchServer',
    arguments: async (data, port) => [folder, data, String(port)]
  }
}
