import { describe, expect, it } from 'vitest'
import { readWishes, wishesOfBoth } from '../../../src/filters/kubernetes/annotations.ts'
import { jsonParser } from '../support.ts'

const parsers = { a: jsonParser('a'), b: jsonParser('b') }

function read(annotations: { [name: string]: string }, allowed = { parser: true, exclude: true }): { stdout: string; stderr: string; warnings: string[] } {
  const warnings: string[] = []
  const find = (name: string): ReturnType<typeof jsonParser> | undefined => Object.entries(parsers).find(([known]) => known === name)?.[1]
  const prefixed = Object.fromEntries(Object.entries(annotations).map(([name, value]) => [`fluentbit.io/${name}`, value]))
  const wishes = readWishes({ other: 'x', ...prefixed }, 'app', 'pod web', { ...allowed, find, warn: (text) => warnings.push(text) })
  const show = ({ exclude, parser }: typeof wishes.stdout): string => `${exclude ? 'exclude' : 'keep'} ${parser?.name ?? '-'}`
  expect(wishes.none).toBe(show(wishes.stdout) === 'keep -' && show(wishes.stderr) === 'keep -')
  return { stdout: show(wishes.stdout), stderr: show(wishes.stderr), warnings }
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
    ['exclusion that is off', { exclude: 'nope' }, 'keep -', 'keep -']
  ])('reads %s', (_, annotations, stdout, stderr) => {
    expect(read(annotations)).toEqual({ stdout, stderr, warnings: [] })
  })

  it.each<[string, { [name: string]: string }, RegExp]>([
    ['an unknown property', { colour: 'red' }, /colour/],
    ['an unknown stream', { parser_stdin: 'a' }, /parser_stdin/],
    ['an unknown parser', { parser: 'zzz' }, /zzz/],
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
    const both = wishesOfBoth({ stdout: { exclude: true, parser: a }, stderr: { exclude: false, parser: b }, none: false })
    expect(both).toEqual({ exclude: false, parser: undefined })
    expect(wishesOfBoth({ stdout: { exclude: true, parser: a }, stderr: { exclude: true, parser: a }, none: false }))
      .toEqual({ exclude: true, parser: a })
  })
})
