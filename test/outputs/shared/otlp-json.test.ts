import { expect, test } from 'vitest'
import { ByteWriter } from '../../../src/lib/byte-writer.ts'
import { writeOtlpJson } from '../../../src/outputs/shared/otlp-json.ts'
import { TEN, makeBatch } from '../../event/make-batch.ts'

const BODY = '{"a":1,"b":"x\\n","c":[1.5, null ,true],"d":{"e":-2,"f":{},"g":[]},"big":9007199254740993,"huge":99999999999999999999}'
const EXPECTED = '{"kvlistValue":{"values":[{"key":"a","value":{"intValue":"1"}},{"key":"b","value":{"stringValue":"x\\n"}},'
  + '{"key":"c","value":{"arrayValue":{"values":[{"doubleValue":1.5},{},{"boolValue":true}]}}},'
  + '{"key":"d","value":{"kvlistValue":{"values":[{"key":"e","value":{"intValue":"-2"}},{"key":"f","value":{"kvlistValue":{"values":[]}}},'
  + '{"key":"g","value":{"arrayValue":{"values":[]}}}]}}},{"key":"big","value":{"intValue":"9007199254740993"}},'
  + '{"key":"huge","value":{"doubleValue":99999999999999999999}}]}}'

function written(pretty: boolean): string {
  const to = new ByteWriter()
  writeOtlpJson(makeBatch([{ body: BODY }, { body: '{}', nanos: 5 }]), to, pretty)
  return to.view().toString()
}

test('a batch is one document, in the form of Fluent Bit', () => {
  expect(written(false)).toBe(`{"resourceLogs":[{"resource":{},"scopeLogs":[{"scope":{},"logRecords":[{"timeUnixNano":"${TEN}123456789","body":${EXPECTED}},`
    + `{"timeUnixNano":"${TEN}000000005","body":{"kvlistValue":{"values":[]}}}]}]}]}\n`)
})

test('pretty is the same with line ends', () => {
  expect(JSON.parse(written(true))).toEqual(JSON.parse(written(false)))
  expect(written(true)).toContain('\n          "logRecords": [\n')
})
