import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck } from '#checks/check.ts'
import { mustBeFresh, mustBeOfCommit, readingEvidence, readReport } from '#checks/reading.ts'
import type { Scan } from '#connectors/finding.ts'
import { readSarif } from '#connectors/sarif/index.ts'
import { durationSchema } from '#core/duration.ts'
import { scanClaim, weigh } from './scan-claim.ts'

const config = z.strictObject({
  /** SARIF 2.1.0 files. */
  reports: z.array(z.string()).min(1),
  maxAge: durationSchema.default(86_400_000),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '1.1.4',
  title: 'Static code analysis passed',
  config,
  run: readingEvidence(run),
})

async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const reports = await Promise.all(config.reports.map((path) => readAnalysis(ctx, path, config.maxAge)))
  const scans = reports.flatMap((report) => report.scans)
  const claim = scanClaim(scans)
  const { verdict, words } = weigh(scans.flatMap((scan) => scan.findings))
  return {
    verdict,
    summary: `${claim.tools.join(', ')}: ${words}${claim.suppressed.length > 0 ? `, ${claim.suppressed.length} suppressed` : ''}`,
    claim: { commit: ctx.release.commit, ...claim },
    source: reports.map((report) => report.source).join('; '),
    population: `${scans.length} scanner run${scans.length === 1 ? '' : 's'}`,
    evidenceAtMs: Math.min(...reports.map((report) => report.atMs)),
  }
}

async function readAnalysis(
  ctx: CheckContext,
  path: string,
  maxAgeMs: number,
): Promise<{ scans: Scan[]; source: string; atMs: number }> {
  const file = await readReport(ctx, path)
  const scans = readSarif(file.text, file.path)
  for (const scan of scans) mustBeOfCommit(ctx, file.path, scan.commit, file.provenance.commit)
  const ends = scans.flatMap((scan) => scan.atMs ?? [])
  const atMs = Math.min(
    ...ends,
    file.provenance.at ?? (ends.length > 0 ? Number.POSITIVE_INFINITY : file.modifiedAtMs),
  )
  mustBeFresh(ctx, file.path, atMs, maxAgeMs)
  return { scans, source: `${file.path} ${file.digest}`, atMs }
}
