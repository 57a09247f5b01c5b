/**
 * A process that appends and delivers as fast as it can until somebody kills it: `killed-process.ts DIRECTORY`. Each life
 * goes on where the positions say. What an output got is in `seen-OUTPUT` before the buffer hears of it.
 */
import fs from 'node:fs'
import path from 'node:path'
import { openStore } from '../../src/buffer/open-store.ts'
import { Source, SPAN, delivered, numbersIn, storeOptions } from './frames.ts'

const directory = process.argv[2]!
const outputs = ['a', 'b']
const store = await openStore(storeOptions(directory, outputs), { segmentSize: 12_000 })
const sources = [['d', 'disk'], ['m', 'memory']].map(([uid, input]) => {
  const { covered } = store.recovered.find((stream) => stream.uid.startsWith(uid!)) ?? { covered: [] }
  // everything behind the first hole is read again
  return new Source(uid!, input!, covered[0]?.[0] === 0 ? covered[0][1] / SPAN : 0)
})
let lives = 0
while (fs.existsSync(path.join(directory, `begun-${lives}`))) lives++
fs.writeFileSync(path.join(directory, `begun-${lives}`), '')

function step(): void {
  for (const source of sources) {
    if (store.hasRoom(source.input)) source.append(store, 1 + source.next % 7, outputs, source.next % 11 === 0 ? 4000 : 20)
  }
  for (const output of outputs) {
    const queue = store.queue(output)
    const frames = [queue.take(), queue.take()].filter((frame) => frame !== undefined)
    for (const frame of frames.reverse()) {
      const numbers = numbersIn(frame, output)
      fs.appendFileSync(path.join(directory, `seen-${output}`), numbers.join('\n') + '\n')
      queue.done(frame, delivered(numbers.length))
    }
  }
  setTimeout(step, 1)
}
step()
