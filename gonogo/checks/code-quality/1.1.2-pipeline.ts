import { z } from 'zod'
import {
  type CheckContext,
  CheckProblem,
  type CheckResult,
  defineCheck,
  fail,
  pass,
  unknown,
} from '#checks/check.ts'
import { readingEvidence } from '#checks/reading.ts'
import { readTestEvidence, TEST_KINDS, type TestEvidence, testReportSchema } from './test-evidence.ts'

const config = z.strictObject({
  /** At least one report each of build, lint, unit and integration. */
  reports: z
    .array(testReportSchema)
    .refine(
      (reports) => TEST_KINDS.every((kind) => reports.some((report) => report.kind === kind)),
      `there must be a report each of ${TEST_KINDS.join(', ')}`,
    ),
  /** How many tests may be skipped in all. */
  maxSkipped: z.number().int().nonnegative().default(0),
  /** The pipeline run's id, where no report names it. */
  run: z.string().optional(),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '1.1.2',
  title: 'CI/CD pipeline passed',
  config,
  run: readingEvidence(run),
})

async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const reports = await Promise.all(config.reports.map((report) => readTestEvidence(ctx, report)))
  mustBeDifferent(reports)
  const sum = (key: 'total' | 'failed' | 'skipped') => reports.reduce((all, report) => all + report[key], 0)
  const [total, failed, skipped] = [sum('total'), sum('failed'), sum('skipped')]
  const runId = config.run ?? reports.find((report) => report.run !== null)?.run
  const rest = {
    claim: {
      commit: ctx.release.commit,
      reports: reports.map(({ kind, tool, total, failed, skipped }) => ({
        kind,
        tool,
        total,
        failed,
        skipped,
      })),
    },
    source: reports.map((report) => report.source).join('; '),
    population: `${total - failed - skipped} of ${total} tests passed`,
    ...(runId ? { blanks: { 'ci-run-id': runId } } : {}),
  }
  if (failed > 0) {
    const names = reports.flatMap((report) => report.failures).slice(0, 3)
    return fail(`${failed} of ${total} failed${names.length > 0 ? `: ${names.join(', ')}` : ''}`, rest)
  }
  const idle = reports.find((report) => report.total - report.skipped <= 0)
  if (idle) return unknown(`${idle.kind}: ${idle.source.split(' ')[0]} holds no test that ran`, rest)
  if (skipped > config.maxSkipped)
    return fail(`${skipped} of ${total} were skipped, ${config.maxSkipped} may be`, rest)
  return pass(`${reports.map(describe).join(', ')} passed at ${ctx.release.commit.slice(0, 12)}`, rest)
}

/** One run of tests is not two kinds of it. An export of check runs is, where each kind has checks of its own. */
function mustBeDifferent(reports: readonly TestEvidence[]): void {
  for (const [i, one] of reports.entries()) {
    const same = reports
      .slice(i + 1)
      .find((other) => other.identity === one.identity && other.kind !== one.kind)
    if (same)
      throw new CheckProblem(`${one.source.split(' ')[0]}: is counted as both ${one.kind} and ${same.kind}`)
  }
}

const describe = (report: TestEvidence): string =>
  `${report.kind} ${report.total - report.skipped}/${report.total}`
