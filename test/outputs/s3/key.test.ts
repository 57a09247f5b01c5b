import { expect, test } from 'vitest'
import { escapeKey, keyMaker } from '../../../src/outputs/s3/key.ts'

const make = (format: string, tag: string, set: { delimiters?: string; fixed?: boolean } = {}): string => keyMaker({
  s3_key_format: format, s3_key_format_tag_delimiters: set.delimiters ?? '.', static_file_path: set.fixed ?? false
})(tag, 1_795_341_600, 7)

test.each([
  ['/fluent-bit-logs/$TAG/%Y/%m/%d/%H/%M/%S', 'app.web', {}, /^fluent-bit-logs\/app\.web\/2026\/11\/22\/10\/00\/00-object[0-9A-Za-z]{8}$/],
  ['/$TAG[0]/$TAG[2]-x', 'kube.var..log', { fixed: true }, /^kube\/log-x$/],
  ['/$TAG[1]/$TAG[9]', 'a-b_c', { fixed: true, delimiters: '-_' }, /^b\/\$TAG\[9\]$/],
  ['/$TAG[10]', 'a.b', { fixed: true }, /^a\.b\[10\]$/],
  ['/%s/$UUID.log', 'a', {}, /^1795341600\/[0-9A-Za-z]{8}\.log$/],
  ['/$TAG/$INDEX', '100%Y', {}, /^100%Y\/7$/],
  ['no/slash', 'a', { fixed: true }, /^no\/slash$/]
])('%s of %s', (format, tag, set, key) => {
  expect(make(format, tag, set)).toMatch(key)
})

test('a key is no longer than S3 takes, cut between characters, with its ending', () => {
  const key = make('/$TAG', 'é'.repeat(2000))
  expect(Buffer.byteLength(key)).toBeLessThanOrEqual(1024)
  expect(key).toMatch(/^é+-object\w{8}$/)
})

test('a key as it stands in a URL', () => {
  expect(escapeKey('a b/é+&=(x)\'!*~')).toBe('a%20b/%C3%A9%2B%26%3D%28x%29%27%21%2A~')
})
