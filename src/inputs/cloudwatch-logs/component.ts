/** Which part of an EKS control plane a stream belongs to, by its name. */

export const COMPONENTS = ['api', 'audit', 'authenticator', 'controllerManager', 'scheduler'] as const
export type Component = (typeof COMPONENTS)[number]

/** What the names of a component's streams begin with; the audit log's begin like the API server's own. */
export const PREFIXES: { readonly [C in Component]: string } = {
  audit: 'kube-apiserver-audit-',
  api: 'kube-apiserver-',
  authenticator: 'authenticator-',
  controllerManager: 'kube-controller-manager-',
  scheduler: 'kube-scheduler-'
}

/** Undefined for a stream that is none of a control plane. */
export function componentOf(stream: string): Component | undefined {
  for (const [component, prefix] of Object.entries(PREFIXES)) if (stream.startsWith(prefix)) return component as Component
  return stream.startsWith('cloud-controller-manager-') ? 'controllerManager' : undefined
}
