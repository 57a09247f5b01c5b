import { describe, expect, it } from 'vitest'
import { readWishes, wishesOfBoth } from '../../../src/filters/kubernetes/annotations.ts'
import type { JoinerFactory } from '../../../src/plugin/parser.ts'
import { jsonParser } from '../support.ts'

const parsers = { a: jsonParser('a'), b: jsonParser('b') }

interface Read { stdout: string; stderr: string; rate: number | undefined; warnings: string[] }

/** `namespace`: annotations of the namespace; those of the pod without a prefix get Fluent Bit's. */
function read(
  annotations: { [name: string]: string }, allowed = { parser: true, exclude: true }, namespace: { [name: string]: string } = {}
): Read {
  const warnings: string[] = []
  const find = (name: string): ReturnType<typeof jsonParser> | undefined => Object.entries(parsers).find(([known]) => known === name)?.[1]
  const prefixed = Object.fromEntries(Object.entries(annotations).map(([name, value]) => [name.includes('/') ? name : `fluentbit.io/${name}`, value]))
  const names = { owner: 'pod web', namespace: 'namespace shop' }
  const joiner = (list: readonly string[]): JoinerFactory => {
    if (list.includes('zzz')) throw new Error('there is no multiline parser zzz')
    return () => { throw new Error('nothing is joined here') }
  }
  const wishes = readWishes({ other: 'x', ...prefixed }, namespace, 'app', names, { ...allowed, find, joiner, warn: (text) => { warnings.push(text) } })
  const show = ({ exclude, parser, multiline }: typeof wishes.stdout): string => {
    return `${exclude ? 'exclude' : 'keep'} ${parser?.name ?? '-'}${multiline === undefined ? '' : ` ${multiline.names}`}`
  }
  expect(wishes.none).toBe(show(wishes.stdout) === 'keep -' && show(wishes.stderr) === 'keep -' && wishes.rate === undefined)
  return { stdout: show(wishes.stdout), stderr: show(wishes.stderr), rate: wishes.rate?.records, warnings }
}

describe('readWishes', () => {
  it.each<[string, { [name: string]: string }, string, string]>([
    ['nothing', {}, 'keep -', 'keep -'],
    ['a parser', { parser: 'a' }, 'keep a', 'keep a'],
    ['a parser of one stream', { parser_stderr: 'a' }, 'keep -', 'keep a'],
    ['a parser of the container', { parser: 'a', 'parser-app': 'b' }, 'keep b', 'keep b'],
    ['the same in the other order', { 'parser-app': 'b', parser: 'a' }, 'keep b', 'keep b'],
    ['a parser of a stream of the container', { parser: 'a', 'parser_stdout-app': 'b' }, 'keep b', 'keep a'],
    ['a parser of another container', { 'parser-side': 'b' }, 'keep -', 'keep -'],
    ['exclusion', { exclude: 'true' }, 'exclude -', 'exclude -'],
    ['exclusion of one stream', { exclude_stdout: 'On' }, 'exclude -', 'keep -'],
    ['exclusion but for the container', { exclude: 'true', 'exclude-app': 'false' }, 'keep -', 'keep -'],
    ['exclusion that is off', { exclude: 'nope' }, 'keep -', 'keep -'],
    ['our own names', { 'fantail.io/parser_stderr': 'a', 'fantail.io/exclude-app': 'true' }, 'exclude -', 'exclude a'],
    ['our own before Fluent Bit\'s', { 'fantail.io/parser': 'a', 'parser-app': 'b' }, 'keep a', 'keep a'],
    ['a container\'s own, the last of two', { exclude: 'true', 'exclude-app': 'true', 'exclude_stdout-app': 'false' }, 'keep -', 'exclude -'],
    ['multiline parsers', { 'fantail.io/multiline-parser': 'java, go', parser: 'a' }, 'keep a java, go', 'keep a java, go'],
    ['multiline parsers of a stream of the container', { 'fantail.io/multiline-parser_stderr-app': 'go' }, 'keep -', 'keep - go'],
    ['multiline parsers of a stream beside others', { 'fantail.io/multiline-parser': 'java', 'fantail.io/multiline-parser_stderr': 'go' }, 'keep - java', 'keep - go'],
    ['multiline parsers of another container', { 'fantail.io/multiline-parser-side': 'go' }, 'keep -', 'keep -']
  ])('reads %s', (_, annotations, stdout, stderr) => {
    expect(read(annotations)).toEqual({ stdout, stderr, rate: undefined, warnings: [] })
  })

  it('takes from the namespace what the pod does not say, under our own names only', () => {
    expect(read({ 'fantail.io/multiline-parser_stdout': 'go' }, undefined, { 'fantail.io/multiline-parser': 'java' })).toMatchObject({ stdout: 'keep - go', stderr: 'keep - java' })
    const namespace = { 'fantail.io/exclude': 'true', 'fantail.io/parser_stderr-app': 'a', 'fantail.io/rate-limit': '50', 'fluentbit.io/parser': 'b' }
    expect(read({}, undefined, namespace)).toEqual({ stdout: 'exclude -', stderr: 'exclude a', rate: 50, warnings: [] })
    expect(read({ exclude: 'false', parser: 'b', 'fantail.io/rate-limit': '7/m' }, undefined, namespace))
      .toEqual({ stdout: 'keep b', stderr: 'keep b', rate: 7, warnings: [] })
  })

  it('takes a limit only where lines may be left out, and only one that it understands', () => {
    expect(read({ 'fantail.io/rate-limit': '5' }, { parser: true, exclude: false })).toMatchObject({ rate: undefined, warnings: [expect.stringContaining('k8s-logging.exclude')] })
    expect(read({ 'fantail.io/rate-limit': 'slow' })).toMatchObject({ rate: undefined, warnings: [expect.stringContaining('`slow`')] })
  })

  it.each<[string, { [name: string]: string }, RegExp]>([
    ['an unknown property', { colour: 'red' }, /colour/],
    ['an unknown stream', { parser_stdin: 'a' }, /parser_stdin/],
    ['an unknown parser', { parser: 'zzz' }, /zzz/],
    ['an unknown multiline parser', { 'fantail.io/multiline-parser': 'go, zzz' }, /is `go, zzz`: there is no multiline parser zzz/],
    ['no multiline parser', { 'fantail.io/multiline-parser': ' ' }, /names no multiline parser/],
    ['a multiline parser under a name that Fluent Bit does not have', { 'multiline-parser': 'go' }, /fluentbit\.io\/multiline-parser .* one of parser and exclude,/],
    ['a container without a name', { 'parser-': 'a' }, /parser-/]
  ])('warns of %s', (_, annotations, expected) => {
    const { stdout, warnings } = read(annotations)
    expect(stdout).toBe('keep -')
    expect(warnings).toEqual([expect.stringMatching(expected)])
  })

  it('warns of what is not allowed', () => {
    const { stdout, warnings } = read({ parser: 'a', exclude: 'true' }, { parser: false, exclude: false })
    expect(stdout).toBe('keep -')
    expect(warnings.map((text) => /k8s-logging\.\w+/.exec(text)?.[0])).toEqual(['k8s-logging.parser', 'k8s-logging.exclude'])
  })
})

describe('wishesOfBoth', () => {
  it('holds what both streams ask for', () => {
    const { a, b } = parsers
    const java = { names: 'java', factory: () => { throw new Error('nothing is joined here') } }
    const stdout = { exclude: true, parser: a, multiline: java }
    expect(wishesOfBoth({ stdout, stderr: { exclude: false, parser: b, multiline: undefined }, rate: undefined, none: false }))
      .toEqual({ exclude: false, parser: undefined, multiline: undefined })
    expect(wishesOfBoth({ stdout, stderr: { ...stdout, multiline: { ...java } }, rate: undefined, none: false })).toEqual(stdout)
  })
})
