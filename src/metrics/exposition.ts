/** Metrics as text: Prometheus' text format 0.0.4, Fluent Bit's first generation of it, and its plain listing. */
import { Histogram, type Family, type Labels } from './metrics.ts'

/** Content type of the Prometheus text format. */
export const PROMETHEUS_TEXT = 'text/plain; version=0.0.4; charset=utf-8'

/** Prometheus' text format: each family with its sentence, type and samples. */
export function prometheusText(families: readonly Family[]): string {
  const lines: string[] = []
  for (const { name, spec, samples } of families) {
    lines.push(`# HELP ${name} ${escapeHelp(spec.help)}`, `# TYPE ${name} ${spec.kind}`)
    for (const { labels, value } of samples) {
      if (value instanceof Histogram) addHistogram(lines, name, labels, value)
      else lines.push(`${name}${labelText(labels)} ${numberText(value)}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** As of `/api/v1/metrics/prometheus`: the metrics of that generation, each sample with its time in milliseconds. */
export function prometheusV1Text(families: readonly Family[], now: number): string {
  const lines: string[] = []
  for (const { name, spec, samples } of families) {
    if (spec.v1 !== true) continue
    lines.push(`# HELP ${name} ${escapeHelp(spec.help)}`, `# TYPE ${name} ${spec.kind}`)
    for (const { labels, value } of samples) {
      const { hostname: _, ...kept } = labels
      if (typeof value === 'number') lines.push(`${name}${labelText(kept)} ${numberText(value)} ${Math.floor(now)}`)
    }
  }
  return `${lines.join('\n')}\n`
}

/** As of `/api/v2/metrics`: one line a sample, `<time> <name>{<labels>} = <value>`. */
export function plainText(families: readonly Family[], now: number): string {
  const time = new Date(now).toISOString().replace('Z', '000000Z')
  const lines: string[] = []
  for (const { name, samples } of families) {
    for (const { labels, value } of samples) {
      const text = value instanceof Histogram ? `{ count: ${value.count}, sum: ${numberText(value.sum)} }` : numberText(value)
      lines.push(`${time} ${name}${labelText(labels)} = ${text}`)
    }
  }
  return `${lines.join('\n')}\n`
}

function addHistogram(lines: string[], name: string, labels: Labels, histogram: Histogram): void {
  let total = 0
  for (let i = 0; i < histogram.bounds.length; i++) {
    total += histogram.counts[i]!
    lines.push(`${name}_bucket${labelText({ ...labels, le: numberText(histogram.bounds[i]!) })} ${total}`)
  }
  lines.push(
    `${name}_bucket${labelText({ ...labels, le: '+Inf' })} ${histogram.count}`,
    `${name}_sum${labelText(labels)} ${numberText(histogram.sum)}`,
    `${name}_count${labelText(labels)} ${histogram.count}`
  )
}

function labelText(labels: Labels): string {
  const parts = Object.entries(labels).map(([label, value]) => `${label}="${escapeLabel(value)}"`)
  return parts.length === 0 ? '' : `{${parts.join(',')}}`
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

function escapeHelp(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

function numberText(value: number): string {
  if (value === Infinity) return '+Inf'
  if (value === -Infinity) return '-Inf'
  return String(value)
}
