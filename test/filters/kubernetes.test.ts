import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { bodyOf, build, fill, fillCri, jsonParser, regexParser, through, type Built, type Properties } from './support.ts'

const ID = '0123456789abcdef'.repeat(4)
const FILE = `web-1_shop_app-${ID}.log`
const TAG = `kube.var.log.containers.${FILE}`

let folder = ''
beforeAll(() => { folder = mkdtempSync(path.join(os.tmpdir(), 'fantail-kubernetes-')) })
afterAll(() => { rmSync(folder, { recursive: true }) })
afterEach(() => { vi.useRealTimers() })

function pod(name: string, annotations: object, more: object = {}): void {
  const metadata = { name, uid: 'u-1', labels: { app: 'web' }, annotations }
  writeFileSync(path.join(folder, `shop_${name}.meta`), JSON.stringify({ metadata, spec: { nodeName: 'node' }, ...more }))
}

const known = (name: string, pool: Built['pool']): ReturnType<Parameters<typeof build>[2] & {}> => {
  if (name === 'lvl') return regexParser('lvl', '^(?<severity>[A-Z]+) (?<text>.*)$', pool)
  if (name === 'tags') return regexParser('tags', '^(?<namespace_name>[^.]+)\\.(?<pod_name>[^.]+)', pool)
  return name === 'json' ? jsonParser('json') : undefined
}

/** What becomes of container lines. */
async function run(properties: Properties, lines: readonly string[], tag = TAG): Promise<(object | undefined)[]> {
  const built = await build('kubernetes', properties, known)
  const filter = built.filter.forTag(tag)
  return lines.map((line) => {
    fillCri(built.record, line)
    return filter(built.record) ? (JSON.parse(bodyOf(built.record)) as object) : undefined
  })
}

const tagOnly = { pod_name: 'web-1', namespace_name: 'shop', container_name: 'app', docker_id: ID }

describe('filter kubernetes', () => {
  it('adds what the tag tells when nothing else is known, and says so once', async () => {
    const built = await build('kubernetes', {})
    expect(through(built, ['{"log":"a"}'], TAG)).toEqual([`{"log":"a","kubernetes":${JSON.stringify(tagOnly)}}`])
    expect(built.messages).toEqual([
      { level: 'info', text: expect.stringContaining('this is no pod of a cluster') as string }
    ])
  })

  it('adds what the tag tells of a pod without a file', async () => {
    const [body] = await run({ kube_meta_preload_cache_dir: folder }, ['t stdout F a'], TAG.replace('web-1', 'gone'))
    expect(body).toMatchObject({ log: 'a', kubernetes: { ...tagOnly, pod_name: 'gone' } })
  })

  it('says when a file cannot be read as JSON', async () => {
    writeFileSync(path.join(folder, 'shop_broken.meta'), '{')
    const built = await build('kubernetes', { kube_meta_preload_cache_dir: folder })
    through(built, ['{}'], TAG.replace('web-1', 'broken'))
    expect(built.messages[0]?.text).toContain('shop_broken.meta is not valid JSON')
  })

  it('does not take the metadata of a pod whose name begins the same', async () => {
    pod('web-10', {})
    const [body] = await run({ kube_meta_preload_cache_dir: folder }, ['t stdout F a'])
    expect(body).toMatchObject({ kubernetes: tagOnly })
  })

  it('adds labels and annotations of the namespace behind those of the pod', async () => {
    pod('web-1', {})
    const metadata = { labels: { team: 'a' }, annotations: { owner: 'x' } }
    writeFileSync(path.join(folder, 'shop.namespace_meta'), JSON.stringify({ metadata }))
    const [body] = await run({ kube_meta_preload_cache_dir: folder, namespace_labels: true }, ['t stdout F a'])
    expect(Object.keys(body!).slice(-2)).toEqual(['kubernetes', 'kubernetes_namespace'])
    expect(body).toMatchObject({ kubernetes_namespace: { name: 'shop', labels: { team: 'a' } } })
    const only = { kube_meta_preload_cache_dir: folder, namespace_annotations: true, namespace_metadata_only: true }
    expect((await run(only, ['t stdout F a']))[0]).toEqual({
      time: 't', stream: 'stdout', _p: 'F', log: 'a', kubernetes_namespace: { name: 'shop', annotations: { owner: 'x' } }
    })
  })

  it('gives all records of a container one constant', async () => {
    pod('web-1', {})
    const built = await build('kubernetes', { kube_meta_preload_cache_dir: folder })
    const filter = built.filter.forTag(TAG)
    const constants = ['{"a":1}', '{"b":2}'].map((line) => {
      fill(built.record, line)
      filter(built.record)
      return built.record.constants[1]
    })
    expect(constants[0]).toBe(constants[1])
  })

  it('looks pods up anew after kube_meta_cache_ttl', async () => {
    vi.useFakeTimers()
    pod('web-1', { v: '1' })
    const built = await build('kubernetes', { kube_meta_preload_cache_dir: folder, kube_meta_cache_ttl: '10s' })
    const filter = built.filter.forTag(TAG)
    const version = (): unknown => {
      fill(built.record, '{}')
      filter(built.record)
      return (built.record.value(0) as { annotations: { v: string } }).annotations.v
    }
    pod('web-1', { v: '2' })
    expect(version()).toBe('1')
    vi.advanceTimersByTime(10_000)
    expect(version()).toBe('2')
    await built.filter.close?.()
    expect(vi.getTimerCount()).toBe(0)
  })

  it('cuts the prefix off the tag only where it is, and finds the file behind another one', async () => {
    expect((await run({ kube_tag_prefix: 'application.var.log.containers.' }, ['t stdout F a'], `application.var.log.containers.${FILE}`))[0])
      .toMatchObject({ kubernetes: tagOnly })
    const built = await build('kubernetes', {})
    expect(through(built, ['{}'], `other.var.log.containers.${FILE}`)).toEqual([`{"kubernetes":${JSON.stringify(tagOnly)}}`])
    expect(built.messages.at(-1)).toMatchObject({ level: 'warn', text: expect.stringContaining('does not begin with') as string })
  })

  it('passes records of a tag that names no container, with a warning', async () => {
    const built = await build('kubernetes', { merge_log: true })
    expect(through(built, ['{"log":"{}"}'], 'host.syslog')).toEqual(['{"log":"{}"}'])
    expect(built.messages.at(-1)).toMatchObject({ level: 'warn', text: expect.stringContaining('host.syslog') as string })
  })

  it('reads tags with the parser of regex_parser', async () => {
    const [body] = await run({ regex_parser: 'tags', kube_tag_prefix: 'k.' }, ['t stdout F a'], 'k.shop.web-1')
    expect(body).toMatchObject({ kubernetes: { pod_name: 'web-1', namespace_name: 'shop' } })
  })

  it('takes the container from journal entries', async () => {
    const built = await build('kubernetes', { use_journal: true, kube_meta_preload_cache_dir: folder })
    pod('web-1', {})
    const bodies = through(built, [
      '{"CONTAINER_NAME":"k8s_app.1a2b_web-1_shop_uid_0"}', '{"CONTAINER_NAME":"other"}', '{"MESSAGE":"x"}',
      '{"CONTAINER_NAME":"k8s_side_web-2_shop_uid_0"}'
    ], 'journal').map((body) => JSON.parse(body!) as { kubernetes?: object })
    expect(bodies[0]!.kubernetes).toMatchObject({ pod_name: 'web-1', host: 'node', container_name: 'app', container_hash: '1a2b' })
    expect([bodies[1]!.kubernetes, bodies[2]!.kubernetes]).toEqual([undefined, undefined])
    expect(bodies[3]!.kubernetes).toEqual({ pod_name: 'web-2', namespace_name: 'shop', container_name: 'side' })
  })

  it('adds the time of the start with dummy_meta', async () => {
    const [body] = await run({ dummy_meta: true }, ['t stdout F a'], 'any')
    expect(body).toMatchObject({ kubernetes: { dummy: expect.stringMatching(/^\w{3} \w{3} \d\d \d{4} \d\d:\d\d:\d\d$/) as string } })
  })

  it('drops the lines of an excluded stream, and of no stream only when both are excluded', async () => {
    pod('web-1', { 'fluentbit.io/exclude_stderr': 'true' })
    const properties = { kube_meta_preload_cache_dir: folder, 'k8s-logging.exclude': true }
    const dropped = async (): Promise<boolean[]> => {
      const built = await build('kubernetes', properties)
      return through(built, ['{"stream":"stdout"}', '{"stream":"stderr"}', '{}'], TAG).map((body) => body === undefined)
    }
    expect(await dropped()).toEqual([false, true, false])
    pod('web-1', { 'fluentbit.io/exclude': 'true' })
    expect(await dropped()).toEqual([true, true, true])
  })

  it('names a missing parser', async () => {
    await expect(build('kubernetes', { merge_parser: 'none' })).rejects.toMatchObject({ option: 'merge_parser' })
    await expect(build('kubernetes', { regex_parser: 'none' })).rejects.toMatchObject({ option: 'regex_parser' })
  })

  it('lets the pod choose the parser before merge_parser', async () => {
    pod('web-1', { 'fluentbit.io/parser': 'json' })
    const properties = { kube_meta_preload_cache_dir: folder, 'k8s-logging.parser': true, merge_log: true, merge_parser: 'lvl', keep_log: false }
    const [one, two] = await run(properties, ['t stdout F {"a":1}', 't stdout F INFO b'])
    expect(one).toMatchObject({ a: 1 })
    expect(two).toMatchObject({ log: 'INFO b' })
  })

  it('joins what the pod chose, each stream of a container by itself, and only where parsers may be chosen', async () => {
    pod('web-1', { 'fantail.io/multiline-parser': 'java', 'fantail.io/multiline-parser_stderr': 'go', 'fluentbit.io/exclude_stdout': 'true' })
    pod('web-2', {})
    const properties = { kube_meta_preload_cache_dir: folder, 'k8s-logging.parser': true, 'k8s-logging.exclude': true }
    const named = (...names: string[]) => (factory: unknown): boolean => String((factory as { names?: string[] } | undefined)?.names) === String(names)
    const seams = async (tag: string, more: Properties = {}): Promise<unknown[]> => {
      const built = await build('kubernetes', { ...properties, ...more })
      const seamOf = built.filter.joins!.forTag(tag)
      return ['{"stream":"stdout"}', '{"stream":"stderr"}', '{}'].map((line) => {
        fill(built.record, line)
        return seamOf(built.record)?.factory
      })
    }
    expect(await seams(TAG)).toEqual([undefined, expect.toSatisfy(named('go')), undefined])
    pod('web-1', { 'fantail.io/multiline-parser': 'go , java' })
    expect(await seams(TAG)).toEqual([0, 1, 2].map(() => expect.toSatisfy(named('go', 'java')) as unknown))
    expect(await seams(TAG.replace('web-1', 'web-2'))).toEqual([undefined, undefined, undefined])
    expect((await build('kubernetes', { ...properties, 'k8s-logging.parser': false })).filter.joins).toBeUndefined()
    const journal = await build('kubernetes', { ...properties, use_journal: true })
    fill(journal.record, '{"CONTAINER_NAME":"k8s_app.1a2b_web-1_shop_uid_0"}')
    expect(journal.filter.joins!.forTag('journal')(journal.record)?.factory).toSatisfy(named('go', 'java'))
  })
})
