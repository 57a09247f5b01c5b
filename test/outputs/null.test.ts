import { expect, test } from 'vitest'
import { nothing } from '../../src/outputs/null.ts'
import { makeBatch } from '../event/make-batch.ts'
import { never, optionsOf, outputContext } from './output-context.ts'

test('counts everything as delivered', async () => {
  const output = await nothing.create(optionsOf(nothing), outputContext())
  expect(await output.write(makeBatch([{ body: {} }]), never)).toEqual({ kind: 'delivered' })
})
