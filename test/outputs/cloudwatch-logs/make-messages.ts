/** Messages of a batch as the output makes them, and a sink for them. */
import { compileAccessor } from '../../../src/event/accessor.ts'
import type { Batch } from '../../../src/event/batch.ts'
import { EscapedBodies } from '../../../src/event/escaped-body.ts'
import { Pool } from '../../../src/event/pool.ts'
import { Record } from '../../../src/event/record.ts'
import { ByteWriter } from '../../../src/lib/byte-writer.ts'
import { PlainText } from '../../../src/lib/repeats.ts'
import { EntityMessages, RecordMessages, ValueMessages, type Messages } from '../../../src/outputs/cloudwatch-logs/messages.ts'

export const whole = (batch: Batch): RecordMessages => new RecordMessages(batch, new EscapedBodies())

export const withoutEntity = (batch: Batch): EntityMessages => new EntityMessages(batch, new EscapedBodies())

export function valuesOf(batch: Batch, key: string): ValueMessages {
  const pool = new Pool()
  return new ValueMessages(batch, compileAccessor(key, pool), new Record(pool), new ByteWriter())
}

/** What the service reads as the message. */
export function readMessage(messages: Messages, index: number): string {
  const sink = new PlainText(new ByteWriter())
  sink.out.reserve(messages.room(index))
  messages.write(index, sink)
  return JSON.parse(`"${sink.finish().toString()}"`) as string
}
