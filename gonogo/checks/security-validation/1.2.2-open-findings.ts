import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck } from '#checks/check.ts'
import { scanClaimSchema } from '#checks/code-quality/scan-claim.ts'
import { type Finding, type Severity, worstOf } from '#connectors/finding.ts'
import { type FindingWaiver, findingWaiverSchema, whyNotValid } from './1.2.2-finding-waivers.ts'

const SOURCES = ['1.1.4', '1.1.5', '1.2.1'] as const

const config = z.strictObject({
  /** Items whose findings count; 1.2.1 where its scans are read by a check. */
  sources: z.array(z.enum(SOURCES)).min(1).default(['1.1.4', '1.1.5']),
  waivers: z.array(findingWaiverSchema).default([]),
})

type Config = z.infer<typeof config>

/** One weakness, however many scanners found it. */
type OpenFinding = {
  readonly names: ReadonlySet<string>
  readonly severity: Severity
  readonly first: Finding
}

export const check = defineCheck<Config>({
  id: '1.2.2',
  title: 'No critical or high vulnerabilities',
  config,
  after: SOURCES,
  bound: (service) => ['1.1.4', '1.1.5'].every((id) => service.checks[id] !== undefined),
  async run(ctx, config) {
    const found = config.sources.flatMap((id) => findingsOf(ctx, id))
    return judge(ctx, deduplicate(found), config.waivers, config.sources)
  },
})

function findingsOf(ctx: CheckContext, id: string): Finding[] {
  const result = ctx.resultOf(id)
  if (!result) throw new CheckProblem(`${id} has no result yet; its findings are not known`)
  const claim = scanClaimSchema.safeParse(result.claim)
  if (!claim.success) throw new CheckProblem(`${id} could not read its scans: ${result.summary}`)
  return claim.data.findings
}

/** Findings that share a name of the weakness and the package or place it is in are one; it counts as its worst rating. */
function deduplicate(findings: readonly Finding[]): OpenFinding[] {
  const merged: OpenFinding[] = []
  for (const finding of findings) {
    const names = new Set([finding.key, ...finding.ids.map((id) => `${id}:${packageOf(finding)}`)])
    const same = merged.filter((one) => [...names].some((name) => one.names.has(name)))
    for (const one of same) merged.splice(merged.indexOf(one), 1)
    merged.push({
      names: new Set([...names, ...same.flatMap((one) => [...one.names])]),
      severity: worstOf([finding.severity, ...same.map((one) => one.severity)]),
      first: same[0]?.first ?? finding,
    })
  }
  return merged
}

/** `left-pad 1.0.0` and `left-pad <1.1` are one package. */
const packageOf = (finding: Finding): string => finding.where.split(' ')[0] ?? finding.where

function judge(
  ctx: CheckContext,
  findings: readonly OpenFinding[],
  waivers: readonly FindingWaiver[],
  sources: readonly string[],
): CheckResult {
  const valid = waivers.filter((waiver) => whyNotValid(ctx, waiver) === null)
  const isWaived = (one: OpenFinding) => valid.some((waiver) => one.names.has(waiver.finding))
  const waived = findings.filter(isWaived)
  const open = findings.filter((one) => !isWaived(one))
  const count = (severity: Severity) => open.filter((one) => one.severity === severity).length
  const [critical, high, unrated] = [count('critical'), count('high'), count('unrated')]
  const invalid = waivers.flatMap((w) =>
    whyNotValid(ctx, w) === null ? [] : `the waiver of ${w.finding} ${whyNotValid(ctx, w)}`,
  )
  const first =
    open.find((one) => one.severity === 'critical') ?? open.find((one) => one.severity === 'high') ?? open[0]
  const words = [
    `${critical} critical and ${high} high open`,
    ...(unrated > 0 ? [`${unrated} without a severity`] : []),
  ]
  if (waived.length > 0) words.push(`${waived.length} waived until ${soonest(valid)}`)
  if (first) words.push(`first: ${first.first.title} (${first.first.key})`)
  return {
    verdict: critical + high > 0 ? 'fail' : unrated > 0 ? 'unknown' : 'pass',
    summary: [...words, ...invalid].join('; '),
    claim: {
      open: open.map((one) => one.first.key).sort(),
      waived: waived.map((one) => one.first.key).sort(),
    },
    source: `findings of ${sources.join(', ')}`,
    population: `${findings.length} findings that are critical, high or without a severity`,
    blanks: { 'security-critical': String(critical), 'security-high': String(high) },
  }
}

const soonest = (waivers: readonly FindingWaiver[]): string =>
  new Date(Math.min(...waivers.map((waiver) => waiver.expires))).toISOString().slice(0, 10)
