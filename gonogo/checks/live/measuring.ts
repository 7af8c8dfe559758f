import { z } from 'zod'
import { durationSchema } from '#core/duration.ts'
import { type CheckContext, type CheckResult, fail, pass, unknown } from '../check.ts'
import type { Traffic } from './traffic.ts'
import { measureTraffic } from './traffic.ts'
import type { Finding } from './traffic-verdicts.ts'

/** How long a version is measured, and how many times the baseline is still normal. */
export const measuringSchema = z.strictObject({
  window: durationSchema.default(60_000),
  ratio: z.number().min(1).default(2),
})

export type Measuring = z.infer<typeof measuringSchema>

/** Measures a version and judges what it finds; a finding that is open is unknown. */
export async function judged(
  ctx: CheckContext,
  version: string,
  windowMs: number,
  judge: (traffic: Traffic) => readonly Finding[],
): Promise<CheckResult> {
  const traffic = await measureTraffic(ctx, ctx.environment, version, windowMs)
  const findings = judge(traffic)
  const said = findings.map((one) => one.said).join('; ')
  const rest = {
    claim: { version, problems: findings.filter(({ problem }) => problem !== null).length },
    source: `the counters of ${ctx.environment.name}`,
    population: `${traffic.requests} requests to ${version}`,
  }
  const bad = findings.find(({ problem }) => problem !== null)
  if (bad?.problem) return fail(bad.problem, rest)
  const open = findings.find((one) => one.open !== null)
  return open?.open ? unknown(open.open, rest) : pass(said, rest)
}
