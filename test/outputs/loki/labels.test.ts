import { writeFileSync } from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Pool } from '../../../src/event/pool.ts'
import { Record } from '../../../src/event/record.ts'
import { isFixed, joinSets, labelName, labelText, readLabelMap, readLabels, type LabelSet } from '../../../src/outputs/loki/labels.ts'
import type { PluginError } from '../../../src/plugin/context.ts'
import { makeBatch } from '../../event/make-batch.ts'
import { tempFolder } from '../../support/temp.ts'

const BODY = {
  level: 'info', n: 7, empty: '', none: null, list: [1], lone: '\ud800',
  kubernetes: { namespace_name: 'shop', labels: { app: 'cart', 'app.kubernetes.io/name': 'c', '9th': 'x' } }
}

/** The labels of a record with this body and the tag `app`. */
function text(make: (pool: Pool) => LabelSet, body: object | string = BODY): unknown {
  const pool = new Pool()
  const set = make(pool)
  const record = new Record(pool)
  makeBatch([{ body }]).open(0, record)
  return JSON.parse(labelText(set, record, 'app'))
}

const labels = (...given: string[]) => (pool: Pool): LabelSet => readLabels('labels', given, [], '', pool)
const maps = (...given: string[]) => (pool: Pool): LabelSet => readLabels('labels', [], given, 'maps', pool)

test.each<[string, object]>([
  ['job=fantail', { job: 'fantail' }],
  [' job = a=b ', { job: 'a=b' }],
  ['$level', { level: 'info' }],
  ['lvl=$level', { lvl: 'info' }],
  ["$kubernetes['namespace_name']", { kubernetes_namespace_name: 'shop' }],
  ["$kubernetes['labels']['app.kubernetes.io/name']", { kubernetes_labels_app_kubernetes_io_name: 'c' }],
  ['$TAG', { TAG: 'app' }],
  ['source=$TAG', { source: 'app' }],
  ['$n', { n: '7' }],
  ['$list', { list: '[1]' }],
  ['$empty', {}],
  ['$missing', {}],
  ["$level['deeper']", {}],
  ['$lone', { lone: '\ufffd' }],
  ['my-app.name=x', { my_app_name: 'x' }],
  ['1st=x', { _1st: 'x' }]
])('%s', (given, expected) => {
  expect(text(labels(given))).toEqual(expected)
})

test('of labels of one name the last counts, those of maps first', () => {
  expect(text(labels('a=1', 'a=2'))).toEqual({ a: '2' })
  expect(text((pool) => joinSets(maps("$kubernetes['labels']")(pool), labels('app=mine')(pool)))).toMatchObject({ app: 'mine' })
})

test('members of maps, with names that Loki takes and texts of their values', () => {
  expect(text(maps("$kubernetes['labels']"))).toEqual({ app: 'cart', app_kubernetes_io_name: 'c', _9th: 'x' })
  expect(text(maps('$m'), '{"m":{"a":1,"b":{"c":[]},"d":"","":"x","e":null,"f":true,"__proto__":"p"}}')).toEqual(
    JSON.parse('{"a":"1","b":"{\\"c\\":[]}","e":"null","f":"true","__proto__":"p"}'))
  expect(text(maps('$level', '$list', '$missing'))).toEqual({})
})

test('every name is one that Loki takes, and every value text that is valid and not empty', () => {
  fc.assert(fc.property(fc.dictionary(fc.string({ unit: 'binary', maxLength: 8 }), fc.jsonValue({ maxDepth: 2 })), (m) => {
    const found = text(maps('$m'), { m }) as { [name: string]: string }
    for (const [name, value] of Object.entries(found)) {
      expect(name).toMatch(/^[A-Za-z_][A-Za-z0-9_]*$/)
      expect(typeof value === 'string' && value !== '' && value.isWellFormed()).toBe(true)
    }
    const names = Object.entries(m).flatMap(([key, value]) => key === '' || value === '' ? [] : [labelName(key)])
    expect(new Set(Object.keys(found))).toEqual(new Set(names))
  }))
})

test('labels of texts alone are the same for all records', () => {
  const pool = new Pool()
  expect([labels()(pool), labels('a=1', 'b=2')(pool), labels('a=1', '$b')(pool), labels('$TAG')(pool), maps('$m')(pool)].map(isFixed)).toEqual([true, true, false, false, false])
  expect(labelText(labels('a=1', 'b="')(pool), undefined, '')).toBe('{"a":"1","b":"\\""}')
})

test('what became a label is taken from the line; a tag and a map are not', () => {
  const taken = ({ taken: accessors }: LabelSet): string[] => accessors.map(({ source }) => source)
  const pool = new Pool()
  expect(taken(joinSets(labels('$level', 'x=$n', '$TAG', 'a=b')(pool), maps("$kubernetes['labels']")(pool)))).toEqual(['$level', '$n'])
})

test.each([['nothing'], ['=x'], ['x='], [' = x'], ['a=$b['], ['$a[']])('the label %s is refused under its option', (given) => {
  expect(() => labels(given)(new Pool())).toThrow(expect.objectContaining({ option: 'labels' }) as PluginError)
})

test('a map is an accessor', () => {
  expect(() => maps('kubernetes')(new Pool())).toThrow(expect.objectContaining({ option: 'maps', message: 'kubernetes is no accessor: it begins with $' }) as PluginError)
})

function fileOf(content: string): string {
  const file = path.join(tempFolder('label-map'), 'map.json')
  writeFileSync(file, content)
  return file
}

test('a label map names the values in the places of its texts', () => {
  const file = fileOf(`{"level":"lvl","kubernetes":{"namespace_name":"ns","labels":{"app.kubernetes.io/name":"9 name","it's":"its"}},"missing":{"a":"b"}}`)
  const body = { ...BODY, kubernetes: { namespace_name: 'shop', labels: { 'app.kubernetes.io/name': 'c', 'it\'s': 'quoted' } } }
  expect(text((pool) => readLabelMap(file, pool), body)).toEqual({ lvl: 'info', ns: 'shop', _9_name: 'c', its: 'quoted' })
})

test('a label map may name what is no plain word at the top', () => {
  const file = fileOf('{"log.level":"lvl","with space":"w","a-b":"ab","TAG":"t","TAGS":"ts","x[y]":"xy"}')
  const body = { 'log.level': 'warn', 'with space': 'one', 'a-b': 'two', TAG: 'three', TAGS: 'four', 'x[y]': 'five' }
  expect(text((pool) => readLabelMap(file, pool), body)).toEqual({ lvl: 'warn', w: 'one', ab: 'two', t: 'three', ts: 'four', xy: 'five' })
})

test.each([
  ['{"a":7}', 'a must be a text or an object'], ['{"a":{"b":["c"]}}', 'a.b must be a text or an object'], ['"a"', 'the file must be a text or an object'],
  ['[]', 'the file must be a text or an object'], ['{', 'cannot read']
])('the label map %s is refused with its name', (content, reason) => {
  const file = fileOf(content)
  expect(() => readLabelMap(file, new Pool())).toThrow(expect.objectContaining({ option: 'label_map_path', message: expect.stringContaining(reason) as unknown }) as PluginError)
  expect(() => readLabelMap(file, new Pool())).toThrow(file)
})

test('a label map that is not there is refused', () => {
  expect(() => readLabelMap('/no/such/map.json', new Pool())).toThrow(/^cannot read \/no\/such\/map\.json: /)
})

test.each([['a.b', 'a_b'], ['9', '_9'], ['é', '_'], ['_x', '_x'], ['a b/c', 'a_b_c']])('the name %s is %s', (given, name) => {
  expect(labelName(given)).toBe(name)
})
