import type { PrometheusSettings } from '#core/metrics-settings.ts'

/** Marks what a series of the one query is. */
export const KIND = 'gonogo'

/**
 * Totals, failures, histogram and the time of the last scrape of every instance in one query, so that all come from the
 * same moment. Raw counters: no `rate()`, which would smooth and extrapolate them.
 */
export function countersQuery(settings: PrometheusSettings): string {
  const { requests, status, failed, duration, version, instance } = settings
  const by = `${version}, ${instance}`
  const users = selector(settings)
  const parts = {
    requests: `sum by (${by}) (${requests}{${users.join(',')}})`,
    errors: `sum by (${by}) (${requests}{${[...users, `${status}=~${quoted(failed)}`].join(',')}})`,
    bucket: `sum by (${by}, le) (${duration}_bucket{${users.join(',')}})`,
    // Of all series, not of users' traffic only: an instance that nobody asked anything was scraped, too.
    time: `max by (${by}) (timestamp(${requests}{${labelsOf(settings).join(',')}}))`,
  }
  return Object.entries(parts)
    .map(([kind, query]) => `label_replace(${query}, "${KIND}", "${kind}", "", "")`)
    .join(' or ')
}

/** Appendix C of the checklist, for one version: the error rate in per cent and the p95 in seconds, over five minutes. */
export function appendixCQueries(settings: PrometheusSettings, version: string) {
  const { requests, status, failed, duration } = settings
  const users = [...selector(settings), `${settings.version}=${quoted(version)}`]
  const all = users.join(',')
  const bad = [...users, `${status}=~${quoted(failed)}`].join(',')
  return {
    // Without a failed request there is no series of failures; without any request there must be no number.
    errorRate: `(sum(rate(${requests}{${bad}}[5m])) or vector(0)) / sum(rate(${requests}{${all}}[5m])) * 100`,
    p95: `histogram_quantile(0.95, sum(rate(${duration}_bucket{${all}}[5m])) by (le))`,
  }
}

const selector = (settings: PrometheusSettings): string[] => [
  ...labelsOf(settings),
  ...Object.entries(settings.except).map(
    ([label, values]) => `${label}!~${quoted(values.map(literally).join('|'))}`,
  ),
]

const labelsOf = ({ labels, version }: PrometheusSettings): string[] => [
  `${version}!=""`,
  ...Object.entries(labels).map(([label, value]) => `${label}=${quoted(value)}`),
]

const quoted = (text: string): string => JSON.stringify(text)
const literally = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
