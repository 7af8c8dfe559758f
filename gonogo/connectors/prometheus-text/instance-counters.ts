import type { TextSettings } from '#core/metrics-settings.ts'
import type { HistogramBucket } from '#core/sample.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { parseExposition, type Series } from './parse.ts'

/** Where the counters stand in a text; durations are in seconds where nothing else is said. */
export type CounterNames = Pick<TextSettings, 'requests' | 'status' | 'failed' | 'duration' | 'except'> & {
  readonly durationUnitMs?: number
}

export type InstanceCounters = {
  readonly requests: number
  readonly errors: number
  readonly buckets: readonly HistogramBucket[]
}

/**
 * Requests, failures and durations of users' traffic in one instance's text. An instance that was asked nothing yet has
 * no series, but it must name the metric. Throws a ReadingProblem.
 */
export function countersIn(text: string, settings: CounterNames, source: string): InstanceCounters {
  const groups = countersBy(text, settings, source, () => '')
  return groups.get('') ?? { requests: 0, errors: 0, buckets: [] }
}

/** The same for several instances that one text tells of; `groupOf` names a series' instance, or null for none. */
export function countersBy(
  text: string,
  settings: CounterNames,
  source: string,
  groupOf: (labels: Series['labels']) => string | null,
): ReadonlyMap<string, InstanceCounters> {
  const { requests, duration, status, failed, except, durationUnitMs = 1000 } = settings
  const bucket = `${duration}_bucket`
  const { series, declared } = parseExposition(text, [requests, bucket], source)
  for (const name of [requests, duration])
    if (!declared.has(name) && !declared.has(`${name}_bucket`))
      throw new ReadingProblem('wrong-format', source, `there is no metric ${name}`)
  const isUsers = ({ labels }: Series) =>
    !Object.entries(except).some(([label, values]) => values.includes(labels[label] ?? ''))
  const grouped = (name: string) =>
    Map.groupBy((series.get(name) ?? []).filter(isUsers), ({ labels }) => groupOf(labels))
  const [answered, timed] = [grouped(requests), grouped(bucket)]
  const isFailed = new RegExp(`^(?:${failed})$`)
  const counters = new Map<string, InstanceCounters>()
  for (const group of new Set([...answered.keys(), ...timed.keys()])) {
    if (group === null) continue
    const own = answered.get(group) ?? []
    if (own.some(({ labels }) => labels[status] === undefined))
      throw new ReadingProblem('wrong-format', source, `${requests} has no label ${status}`)
    counters.set(group, {
      requests: sumOf(own),
      errors: sumOf(own.filter(({ labels }) => isFailed.test(labels[status] ?? ''))),
      buckets: histogramOf(timed.get(group) ?? [], durationUnitMs, source),
    })
  }
  return counters
}

const sumOf = (series: readonly Series[]): number => series.reduce((sum, { value }) => sum + value, 0)

/** All series as one cumulative histogram in ms. */
function histogramOf(series: readonly Series[], unitMs: number, source: string): HistogramBucket[] {
  const counts = new Map<number, number>()
  for (const { labels, value } of series) {
    const leMs = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le) * unitMs
    counts.set(leMs, (counts.get(leMs) ?? 0) + value)
  }
  if (counts.size > 0 && !counts.has(Number.POSITIVE_INFINITY))
    throw new ReadingProblem('inconsistent', source, 'the histogram has no bucket +Inf')
  return [...counts].sort(([a], [b]) => a - b).map(([leMs, count]) => ({ leMs, count }))
}
