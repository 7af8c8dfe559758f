import { z } from 'zod'
import { planLatency } from '#analysis/index.ts'
import { appendixC } from '#connectors/prometheus/index.ts'
import { lookUp } from '#connectors/secret-reference/index.ts'
import type { HistogramBucket, InstanceSample } from '#core/sample.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { readingEvidence } from '../reading.ts'

export const check = defineCheck({
  id: '3.2.5',
  title: 'Rollback trigger criteria defined',
  config: z.strictObject({}),
  bound: () => true,
  limitMs: 10_000,
  run: readingEvidence(run),
})

/** The thresholds stand in the service file, and what they are compared with gives numbers for the stable version now. */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const { errorRate, errorRatio, p95Ms, p95Ratio } = ctx.service.policy.rollback
  const { stable, environment } = ctx
  const rest = {
    claim: { errorRate, errorRatio, p95Ms, p95Ratio },
    source: `policy.rollback in the service file, the counters of ${environment.name}`,
    blanks: { 'error-rate-limit': `${errorRate}`, 'latency-limit': `${p95Ms}` },
  }
  const said = `error rate above ${errorRate} % or ${errorRatio} × the baseline, p95 above ${p95Ms} ms or ${p95Ratio} × the baseline`
  if (!stable)
    return pass(`${said}; there is no stable version to measure`, { ...rest, population: '4 thresholds' })
  const scrape = await environment.target.metrics.sample(ctx.signal).catch((error: Error) => {
    throw new CheckProblem(`the counters of ${environment.name} cannot be read: ${error.message}`)
  })
  const own = scrape.instances.filter(({ version }) => version === stable.version)
  const requests = own.reduce((sum, one) => sum + one.requests, 0)
  const timed = own.reduce((sum, one) => sum + (one.buckets.at(-1)?.count ?? 0), 0)
  const population = `4 thresholds, ${own.length} instances of ${stable.version}`
  const isNumber = own.every(({ errors }) => Number.isFinite(errors)) && Number.isFinite(requests)
  if (own.length === 0 || !(requests > 0))
    throw new CheckProblem(`the error rate returns nothing for ${stable.version}: no request was counted`)
  if (!isNumber) return fail(`the error rate of ${stable.version} is no number`, { ...rest, population })
  if (!(timed > 0))
    throw new CheckProblem(`the latency returns nothing for ${stable.version}: its histogram is empty`)
  const { gaps } = planLatency(histogramOf(own), { p95Ms, p95Ratio })
  if (gaps.length > 0)
    throw new CheckProblem(
      `${gaps.join('; ')}. Add bounds to the service’s histogram; who deploys without that trigger accepts it by a waiver`,
    )
  const queried = await queryAppendixC(ctx, stable.version)
  return pass(`${said}; both are measured for ${stable.version} now${queried}`, { ...rest, population })
}

/** Where a Prometheus is declared, the checklist's own queries must give numbers, too. Throws where they give none. */
async function queryAppendixC(ctx: CheckContext, version: string): Promise<string> {
  const { name } = ctx.environment
  const settings = ctx.service.environments[name]?.metrics
  if (settings?.source !== 'prometheus') return ''
  const where = `environments.${name}.metrics.token`
  const token = settings.token ? await lookUp(ctx.root, settings.token, where) : null
  const { errorPercent, p95Ms } = await appendixC(settings, { url: settings.url, token }, version, ctx.signal)
  return `; by the queries of Appendix C ${errorPercent.toFixed(2)} % errors, p95 ${Math.round(p95Ms)} ms`
}

/** All instances' histograms as one, on the bounds that each of them has. */
function histogramOf(instances: readonly InstanceSample[]): HistogramBucket[] {
  const [first, ...others] = instances.map(({ buckets }) => new Map(buckets.map((b) => [b.leMs, b.count])))
  return [...(first ?? [])].flatMap(([leMs, count]) => {
    const counts = others.map((other) => other.get(leMs))
    return counts.includes(undefined)
      ? []
      : [{ leMs, count: counts.reduce<number>((sum, n) => sum + (n ?? 0), count) }]
  })
}
