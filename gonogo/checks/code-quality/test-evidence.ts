import { z } from 'zod'
import { type CheckContext, CheckProblem } from '#checks/check.ts'
import { mustBeOfCommit, readReport } from '#checks/reading.ts'
import { readCtrf } from '#connectors/ctrf/index.ts'
import { type CheckRun, readCheckRuns } from '#connectors/github-checks/index.ts'
import { readJunit } from '#connectors/junit-xml/index.ts'

export const TEST_KINDS = ['build', 'lint', 'unit', 'integration'] as const

export const testReportSchema = z.strictObject({
  kind: z.enum(TEST_KINDS),
  file: z.string(),
  /** By default from the file's name: `.xml` is JUnit, `.json` is CTRF. */
  format: z.enum(['junit', 'ctrf', 'github-checks']).optional(),
  /** For github-checks: the names of the check runs that are of this kind. */
  checks: z.array(z.string()).min(1).optional(),
})

/** One report as this check weighs it. */
export type TestEvidence = {
  readonly kind: (typeof TEST_KINDS)[number]
  readonly tool: string
  readonly total: number
  readonly failed: number
  readonly skipped: number
  readonly failures: readonly string[]
  readonly run: string | null
  readonly source: string
  /** The same for two reports that tell of the same run. */
  readonly identity: string
}

/** Reads a report of tests and makes sure that it is about exactly the release's commit. */
export async function readTestEvidence(
  ctx: CheckContext,
  config: z.infer<typeof testReportSchema>,
): Promise<TestEvidence> {
  const file = await readReport(ctx, config.file)
  const source = `${file.path} ${file.digest}`
  const format = config.format ?? (/\.xml$/i.test(file.path) ? 'junit' : 'ctrf')
  if (format === 'github-checks') {
    const runs = readCheckRuns(file.text, file.path)
    const names = config.checks ?? [config.kind]
    const identity = `${file.digest} ${[...names].sort().join()}`
    return { kind: config.kind, source, identity, ...ofCheckRuns(ctx, file.path, runs, names) }
  }
  const report = format === 'junit' ? readJunit(file.text, file.path) : readCtrf(file.text, file.path)
  mustBeOfCommit(ctx, file.path, report.commit, file.provenance.commit)
  const { tool, total, failed, skipped, failures } = report
  const run = report.run ?? file.provenance.run ?? null
  return { kind: config.kind, source, identity: file.digest, tool, total, failed, skipped, failures, run }
}

function ofCheckRuns(ctx: CheckContext, path: string, runs: readonly CheckRun[], names: readonly string[]) {
  const chosen = names.map((name) => {
    const run = runs.find((one) => one.name === name)
    if (!run) throw new CheckProblem(`${path}: has no check run named ${name}`)
    mustBeOfCommit(ctx, path, run.commit)
    return run
  })
  const skipped = chosen.filter((run) => ['skipped', 'neutral', 'stale'].includes(run.conclusion))
  const failed = chosen.filter((run) => run.conclusion !== 'success' && !skipped.includes(run))
  return {
    tool: 'GitHub checks',
    total: chosen.length,
    failed: failed.length,
    skipped: skipped.length,
    failures: failed.map((run) => `${run.name}: ${run.conclusion}`),
    run: chosen[0]?.id ?? null,
  }
}
