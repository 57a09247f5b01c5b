/** How the leader of a group shares the partitions among the members, as the assignors of these names of every client do. */
import type { Member, TopicPartition } from './group-messages.ts'

export const STRATEGIES = ['range', 'roundrobin'] as const

/** `counts`: number of partitions by topic. */
export function assign(strategy: string, members: readonly Member[], counts: ReadonlyMap<string, number>): Map<string, TopicPartition[]> {
  const sorted = [...members].sort((a, b) => (a.id < b.id ? -1 : 1))
  const assignments = new Map<string, TopicPartition[]>(sorted.map(({ id }) => [id, []]))
  const topics = [...new Set(sorted.flatMap((member) => member.topics))].sort()
  let turn = 0
  for (const topic of topics) {
    const wanting = sorted.filter((member) => member.topics.includes(topic))
    const count = counts.get(topic) ?? 0
    if (strategy === 'range') assignRange(assignments, wanting, topic, count)
    else {
      for (let partition = 0; partition < count; partition++, turn++) {
        while (!sorted[turn % sorted.length]!.topics.includes(topic)) turn++
        assignments.get(sorted[turn % sorted.length]!.id)!.push({ topic, partition })
      }
    }
  }
  return assignments
}

/** Partitions next to each other; the first members get one more when they cannot be shared evenly. */
function assignRange(assignments: ReadonlyMap<string, TopicPartition[]>, members: readonly Member[], topic: string, count: number): void {
  const each = Math.floor(count / members.length)
  const more = count % members.length
  members.forEach(({ id }, i) => {
    const first = i * each + Math.min(i, more)
    const end = first + each + (i < more ? 1 : 0)
    for (let partition = first; partition < end; partition++) assignments.get(id)!.push({ topic, partition })
  })
}
