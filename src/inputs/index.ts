/** All inputs, by name. */
import type { InputSpec } from '../plugin/input.ts'
import cloudwatchLogs from './cloudwatch-logs.ts'
import dummy from './dummy.ts'
import forward from './forward.ts'
import kafka from './kafka.ts'
import kmsg from './kmsg.ts'
import kubernetesEvents from './kubernetes-events.ts'
import stdin from './stdin.ts'
import systemd from './systemd.ts'
import tail from './tail.ts'

export const inputs: { readonly [name: string]: InputSpec } = { cloudwatch_logs: cloudwatchLogs, dummy, forward, kafka, kmsg, kubernetes_events: kubernetesEvents, stdin, systemd, tail }
