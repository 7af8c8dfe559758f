import type { Service } from '#core/service.ts'
import type { Baseline } from './baseline.ts'
import { type Bounds, errorShare, inWords, percent, type Traffic } from './traffic.ts'

export type Finding = { readonly problem: string | null; readonly open: string | null; readonly said: string }

/** The error rate against the bound that the baseline froze: the SLA's, or `ratio` times what the old version had. */
export function errorFinding(
  traffic: Traffic,
  baseline: Baseline,
  sla: Service['sla'],
  ratio: number,
): Finding {
  const share = errorShare(traffic)
  const bound = Math.max(sla.errorRate / 100, errorShare(baseline) * ratio)
  const said = `error rate ${percent(share)} of ${traffic.requests} requests, bound ${percent(bound)}, before ${percent(errorShare(baseline))}`
  return { said, problem: share > bound ? said : null, open: null }
}

/** Percentiles against limits; a bucket that holds the limit in its middle decides nothing. */
export function latencyFinding(
  traffic: Traffic,
  limits: Readonly<Record<'p50' | 'p95' | 'p99', number>>,
): Finding {
  const rows = (['p50', 'p95', 'p99'] as const).map((name) => ({
    name,
    bounds: traffic[name],
    limit: limits[name],
  }))
  const said = rows
    .map(({ name, bounds, limit }) => `${name} ${inWords(bounds)} (limit ${limit} ms)`)
    .join(', ')
  const over = rows.some(({ bounds, limit }) => bounds[0] >= limit)
  const open = rows.some(({ bounds, limit }) => isStraddling(bounds, limit))
  return {
    said,
    problem: over ? said : null,
    open: open ? `${said}: the histogram has no bound there` : null,
  }
}

const isStraddling = ([above, most]: Bounds, limit: number): boolean =>
  above < limit && (most === null || most > limit)

export const slaLimits = ({ p50Ms, p95Ms, p99Ms }: Service['sla']) => ({ p50: p50Ms, p95: p95Ms, p99: p99Ms })
