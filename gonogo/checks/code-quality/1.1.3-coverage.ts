import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck, fail, pass, unknown } from '#checks/check.ts'
import { readingEvidence } from '#checks/reading.ts'
import { type Coverage, coverageFileSchema, formatShare, isBelow, readCoverage } from './coverage-evidence.ts'

const config = z.strictObject({
  report: coverageFileSchema,
  /** Files that matter most, as globs from the repository's root; each must match a file of the report. */
  critical: z.array(z.string()).min(1),
  /** Least share of critical lines covered, in percent. */
  minimum: z.number().min(0).max(100).default(80),
  /** Percentage points that a run may fall short of the one before: what tests of timing reach differs from run to run. */
  tolerance: z.number().min(0).max(1).default(0),
  /** The stable version's report, for the time before gonogo has a successful deployment to compare with. */
  baseline: coverageFileSchema.optional(),
})

type Config = z.infer<typeof config>

const share = z.object({ lines: z.number().int().positive(), covered: z.number().int().nonnegative() })
const claimSchema = z.object({ all: share, critical: share })
type Baseline = z.infer<typeof claimSchema>

export const check = defineCheck<Config>({
  id: '1.1.3',
  title: 'Code coverage maintained or improved',
  config,
  run: readingEvidence(run),
})

async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const now = await readCoverage(ctx, config.report, config.critical)
  const before = await baselineOf(ctx, config)
  const rest = {
    claim: { all: now.all, critical: now.critical, minimum: config.minimum, before: before && { ...before } },
    source: now.source,
    population: `${now.all.covered} of ${now.all.lines} lines`,
    blanks: {
      'coverage-report': `${formatShare(now.all)} of lines, ${formatShare(now.critical)} critical; ${now.source}`,
    },
  }
  const values = `${formatShare(now.critical)} of the critical lines, ${formatShare(now.all)} of all`
  if (now.critical.covered * 100 < config.minimum * now.critical.lines)
    return fail(`${values}; the critical ones must be at least ${config.minimum} %`, rest)
  if (!before) {
    const remedy = 'name the stable version’s report under baseline'
    return unknown(
      `${values}; nothing to compare with: no successful deployment measured it; ${remedy}`,
      rest,
    )
  }
  for (const key of ['critical', 'all'] as const)
    if (isBelow(now[key], before[key], config.tolerance))
      return fail(
        `${values}; ${formatShare(before[key])} of the ${key === 'all' ? '' : 'critical '}lines before`,
        rest,
      )
  return pass(`${values}; before: ${formatShare(before.critical)} and ${formatShare(before.all)}`, rest)
}

/** The last successful deployment's result, else the stable version's own report. */
async function baselineOf(ctx: CheckContext, config: Config): Promise<Baseline | null> {
  const previous = claimSchema.safeParse(ctx.previousResultOf('1.1.3')?.claim)
  if (previous.success && ctx.previousResultOf('1.1.3')?.verdict === 'pass') return previous.data
  if (!config.baseline || !ctx.stable) return null
  const { all, critical }: Coverage = await readCoverage(
    { ...ctx, release: ctx.stable },
    config.baseline,
    config.critical,
  )
  return { all, critical }
}
