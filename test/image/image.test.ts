/** The Dockerfile as it stands, linted, built and run; only the base, which a registry would give, is made here. */
import { execFile } from 'node:child_process'
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { hadolint, lintDockerfile } from '../support/servers/hadolint.ts'
import { buildah, imageBuilder, NODE_IMAGE } from '../support/servers/node-image.ts'
import { describeWith } from '../support/servers/server.ts'
import { tempFolder } from '../support/temp.ts'

const exec = promisify(execFile)
const root = path.join(import.meta.dirname, '../..')
const image = 'localhost/fantail:test'
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }

await describeWith([hadolint], 'the Dockerfile', () => {
  it('has nothing that hadolint minds', async () => {
    expect(await lintDockerfile(path.join(root, 'Dockerfile'))).toBe('')
  })
})

await describeWith([imageBuilder], 'the image', () => {
  let container = ''
  const shared = tempFolder('image')
  chmodSync(shared, 0o755)

  const run = (...command: string[]): Promise<string> => buildah('run', '--isolation', 'chroot', '--volume', `${shared}:/shared`, container, '--', ...command)
  const runAs = (user: string, ...command: string[]): Promise<string> => {
    return buildah('run', '--isolation', 'chroot', '--user', user, '--volume', `${shared}:/shared`, container, '--', ...command)
  }

  beforeAll(async () => {
    // layers of an earlier build are not used: with them this version of buildah gets owners of folders wrong
    await buildah('bud', '--isolation', 'chroot', '--pull-never', '--format', 'docker', '--layers=false', '--build-arg', `NODE_IMAGE=${NODE_IMAGE}`,
      '-t', image, root)
    container = (await buildah('from', '--pull-never', image)).trim()
  }, 900_000)

  afterAll(async () => {
    if (container !== '') await buildah('rm', container)
  })

  it('is small, and holds no package manager and no compiler', async () => {
    const folder = (await buildah('mount', container)).trim()
    const bytes = Number((await exec('du', ['-sb', folder])).stdout.split('\t')[0])
    expect(bytes).toBeLessThan(150_000_000)
    const commands = (await run('ls', '/usr/bin', '/usr/local/bin')).split('\n').filter((line) => line !== '' && !line.endsWith(':'))
    expect(commands.sort()).toEqual(['cat', 'dirname', 'fantail', 'id', 'journalctl', 'ls', 'node', 'readlink', 'sh', 'uname'])
  })

  it('says how it wants to be run and stopped', async () => {
    const inspected = JSON.parse(await buildah('inspect', '--type', 'image', image)) as { Docker: { config: Record<string, unknown> } }
    expect(inspected.Docker.config).toMatchObject({
      User: '0', Entrypoint: ['/opt/fantail/bin/fantail'], Cmd: ['-c', '/fluent-bit/etc/fluent-bit.conf'], StopSignal: 'SIGTERM',
      ExposedPorts: { '2020/tcp': {} }
    })
    expect(inspected.Docker.config['Labels']).toMatchObject({ 'org.opencontainers.image.title': 'Fantail', 'org.opencontainers.image.licenses': 'Apache-2.0' })
    expect(inspected.Docker.config['Healthcheck']).toBeUndefined()
  })

  it('has the agent under the names of Fluent Bit, too', async () => {
    for (const command of ['/opt/fantail/bin/fantail', 'fantail', '/fluent-bit/bin/fluent-bit']) expect(await run(command, '--version')).toContain(version)
  })

  it('has a journalctl that reads the journals of today', async () => {
    expect(await run('journalctl', '--version')).toMatch(/\+LZ4 \+XZ .*\+ZSTD/)
  })

  it('carries the licence and the package entry of all that it holds', async () => {
    const packages = (await run('ls', '/var/lib/dpkg/status.d')).trim().split('\n')
    expect(packages).toEqual(expect.arrayContaining(['libc6', 'libsystemd-shared', 'libzstd1', 'systemd']))
    expect((await run('ls', ...packages.map((name) => `/usr/share/doc/${name}/copyright`))).trim().split('\n')).toHaveLength(packages.length)
    expect(await run('ls', '/opt/fantail', '/opt/fantail/dist')).toContain('THIRD-PARTY-LICENSES.txt')
  })

  it.each(['0', '65532:0'])('ships a file as user %s', async (user) => {
    const folder = path.join(shared, user.replace(':', '-'))
    mkdirSync(folder)
    writeFileSync(path.join(folder, 'app.log'), '2026-11-24T10:00:00.5Z stdout F {"message":"hello"}\n')
    writeFileSync(path.join(folder, 'fantail.yaml'), `pipeline:
  inputs: [{ name: tail, path: /shared/${path.basename(folder)}/app.log, read_from_head: on, exit_on_eof: on, multiline.parser: cri, tag: app }]
  outputs: [{ name: stdout, match: '*', format: json_lines }]
`)
    const printed = await runAs(user, 'sh', '-c', `FANTAIL_STATE_DIR=/var/lib/fantail/${path.basename(folder)} fantail run -c /shared/${path.basename(folder)}/fantail.yaml`)
    expect(printed.split('\n').filter((line) => line.startsWith('{"'))).toEqual([expect.stringContaining('{\\"message\\":\\"hello\\"}')])
  })
})
