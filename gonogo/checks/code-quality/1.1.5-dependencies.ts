import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck } from '#checks/check.ts'
import { readingEvidence } from '#checks/reading.ts'
import { durationSchema } from '#core/duration.ts'
import { readDependencyScan, readLockfile, scanSchema } from './dependency-scan.ts'
import { scanClaim, weigh } from './scan-claim.ts'

const config = z.strictObject({
  /** The lockfile in the repository; its bytes at the release commit are what must have been scanned. */
  lockfile: z.string().default('package-lock.json'),
  scans: z.array(scanSchema).min(1),
  /** How old a scan and its database may be. */
  maxAge: durationSchema.default(86_400_000),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '1.1.5',
  title: 'Dependency vulnerabilities scanned',
  config,
  run: readingEvidence(run),
})

async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const lockfile = await readLockfile(ctx, config.lockfile)
  const read = await Promise.all(
    config.scans.map((scan) => readDependencyScan(ctx, scan, lockfile, config.maxAge)),
  )
  const scans = read.map(({ scan }) => scan)
  const claim = scanClaim(scans)
  const { verdict, words } = weigh(scans.flatMap((scan) => scan.findings))
  const suppressed = claim.suppressed.length > 0 ? `, ${claim.suppressed.length} suppressed` : ''
  return {
    verdict,
    summary: `${claim.tools.join(', ')} of ${lockfile.path}: ${words}${suppressed}`,
    claim: { lockfile: lockfile.digest, ...claim },
    source: read.map(({ source }) => source).join('; '),
    population: `${scans.length} of ${config.scans.length} scans`,
    evidenceAtMs: Math.min(...read.map(({ atMs }) => atMs)),
  }
}
