/** The table of inputs, by the name a configuration gives. */
import type { Catalog } from '../plugin/catalog.ts'
import type { InputSpec } from '../plugin/input.ts'

export const inputs: Catalog<InputSpec> = {
  cloudwatch_logs: async () => (await import('./cloudwatch-logs.ts')).default,
  dummy: async () => (await import('./dummy.ts')).default,
  forward: async () => (await import('./forward.ts')).default,
  kafka: async () => (await import('./kafka.ts')).default,
  kmsg: async () => (await import('./kmsg.ts')).default,
  kubernetes_events: async () => (await import('./kubernetes-events.ts')).default,
  stdin: async () => (await import('./stdin.ts')).default,
  systemd: async () => (await import('./systemd.ts')).default,
  tail: async () => (await import('./tail.ts')).default
}
