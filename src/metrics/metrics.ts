/** The agent's figures: plain numbers where they arise, put together only when somebody asks. */
import { metricNames, specOf, type MetricSpec } from './names.ts'

export interface Labels {
  readonly [label: string]: string
}

/** `meter.counter(…)`: add to `value`. */
export interface Counter {
  value: number
}

export class Histogram {
  readonly bounds: readonly number[]
  /** Observations in each bucket, the last one for those above all bounds. Not cumulative. */
  readonly counts: number[]
  sum = 0
  count = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Array<number>(bounds.length + 1).fill(0)
  }

  observe(value: number): void {
    let bucket = 0
    while (bucket < this.bounds.length && value > this.bounds[bucket]!) bucket++
    this.counts[bucket]!++
    this.sum += value
    this.count++
  }
}

export interface Sample {
  readonly labels: Labels
  readonly value: number | Histogram
}

export interface Family {
  readonly name: string
  readonly spec: MetricSpec
  readonly samples: Sample[]
}

interface Series {
  readonly labels: Labels
  read(): number | Histogram
}

/** Adds a sample to what is being collected. */
export type Emit = (metric: string, labels: Labels, value: number) => void

/** All metrics of one agent. */
export class Metrics {
  readonly #series = new Map<string, Map<string, Series>>()
  readonly #kinds = new Map<string, MetricSpec['kind']>()
  readonly #collectors: ((emit: Emit) => void)[] = []

  /** The meter of an instance; its metrics carry the instance's label. */
  meter(instance: string): InstanceMeter {
    return new InstanceMeter(this, instance)
  }

  /** The counter of these labels: one and the same for the same labels. */
  counter(metric: string, labels: Labels = {}): Counter {
    return this.#find<CounterSeries>(metric, labels, 'counter', () => new CounterSeries(labels))
  }

  histogram(metric: string, labels: Labels = {}): Histogram {
    const bounds = specOf(metric, 'histogram').buckets ?? []
    return this.#find<HistogramSeries>(metric, labels, 'histogram', () => new HistogramSeries(labels, new Histogram(bounds))).histogram
  }

  /** A figure that is read when somebody asks; the last reader of the same labels counts. */
  gauge(metric: string, read: () => number, labels: Labels = {}): void {
    this.#seriesOf(metric, 'gauge').set(keyOf(labels), { labels, read })
  }

  /** Figures whose labels come and go (files, reasons): emitted anew each time somebody asks. */
  collector(collect: (emit: Emit) => void): void {
    this.#collectors.push(collect)
  }

  #seriesOf(metric: string, kind: MetricSpec['kind']): Map<string, Series> {
    let series = this.#series.get(metric)
    if (series === undefined) {
      series = new Map<string, Series>()
      this.#series.set(metric, series)
      this.#kinds.set(metric, kind)
    }
    return series
  }

  #find<S extends Series>(metric: string, labels: Labels, kind: MetricSpec['kind'], make: () => S): S {
    const series = this.#seriesOf(metric, kind)
    const key = keyOf(labels)
    let found = series.get(key) as S | undefined
    if (found === undefined) series.set(key, (found = make()))
    return found
  }

  /** A counter over all labels. */
  sum(metric: string): number {
    let sum = 0
    for (const series of this.#series.get(metric)?.values() ?? []) {
      const value = series.read()
      if (typeof value === 'number') sum += value
    }
    return sum
  }

  /** Everything as it is now, in the order of the table of names; metrics without a sample are left out. */
  collect(): Family[] {
    const families = new Map<string, Family>()
    for (const name of Object.keys(metricNames)) families.set(name, { name, spec: specOf(name, 'counter'), samples: [] })
    const family = (name: string, kind: MetricSpec['kind']): Family => {
      let found = families.get(name)
      if (found === undefined) families.set(name, (found = { name, spec: specOf(name, kind), samples: [] }))
      return found
    }
    for (const [name, series] of this.#series) {
      const { samples } = family(name, this.#kinds.get(name)!)
      for (const one of series.values()) samples.push({ labels: one.labels, value: one.read() })
    }
    const emit: Emit = (metric, labels, value) => family(metric, 'gauge').samples.push({ labels, value })
    for (const collect of this.#collectors) collect(emit)
    return [...families.values()].filter(({ samples }) => samples.length > 0)
  }
}

class CounterSeries implements Series, Counter {
  readonly labels: Labels
  value = 0

  constructor(labels: Labels) {
    this.labels = labels
  }

  read(): number {
    return this.value
  }
}

class HistogramSeries implements Series {
  readonly labels: Labels
  readonly histogram: Histogram

  constructor(labels: Labels, histogram: Histogram) {
    this.labels = labels
    this.histogram = histogram
  }

  read(): Histogram {
    return this.histogram
  }
}

/** The meter that plugins are given. */
export class InstanceMeter {
  readonly #metrics: Metrics
  readonly #instance: string

  constructor(metrics: Metrics, instance: string) {
    this.#metrics = metrics
    this.#instance = instance
  }

  #labels(metric: string, kind: MetricSpec['kind'], labels: Labels = {}): Labels {
    const { instance } = specOf(metric, kind)
    return instance === undefined ? labels : { [instance]: this.#instance, ...labels }
  }

  counter(metric: string, labels?: Labels): Counter {
    return this.#metrics.counter(metric, this.#labels(metric, 'counter', labels))
  }

  gauge(metric: string, read: () => number, labels?: Labels): void {
    this.#metrics.gauge(metric, read, this.#labels(metric, 'gauge', labels))
  }

  /** Figures whose labels come and go: read anew each time somebody asks. */
  gauges(metric: string, read: () => Iterable<readonly [Labels, number]>): void {
    this.#metrics.collector((emit) => {
      for (const [labels, value] of read()) emit(metric, this.#labels(metric, 'gauge', labels), value)
    })
  }

  histogram(metric: string, labels?: Labels): Histogram {
    return this.#metrics.histogram(metric, this.#labels(metric, 'histogram', labels))
  }
}

function keyOf(labels: Labels): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
}
