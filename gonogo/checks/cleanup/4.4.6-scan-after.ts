import { resolve } from 'node:path'
import { z } from 'zod'
import { runCommand } from '#connectors/command/index.ts'
import { readSarif } from '#connectors/sarif/index.ts'
import { canonicalJson } from '#core/json.ts'
import { imageOf } from '#targets/kubernetes/render.ts'
import { artifactDigest } from '#targets/processes/artifact-digest.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail } from '../check.ts'
import { scanClaim, weigh } from '../code-quality/scan-claim.ts'
import { allReleaseInstances } from '../live/instances.ts'
import { readingEvidence } from '../reading.ts'

const LIMIT_MS = 300_000
const IMAGE = '${image}'

const config = z.strictObject({
  /**
   * A scanner that prints SARIF, run now in the folder that the instances run from; `${root}` is the service file's. One that
   * names `${image}`, by its digest, is run in the service file's folder, for pods.
   */
  scan: z.array(z.string()).min(1),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '4.4.6',
  title: 'Security scan post-deployment',
  config,
  limitMs: LIMIT_MS,
  run: readingEvidence(run),
})

/** What runs is still what was released, with its configuration, and a fresh scan of it finds nothing critical or high. */
async function run(ctx: CheckContext, { scan }: Config): Promise<CheckResult> {
  const { release, environment, root } = ctx
  const instances = await allReleaseInstances(ctx, environment)
  const image = scan.some((part) => part.includes(IMAGE)) ? imageOf(release) : null
  if (image !== null && instances.some(({ pid }) => pid !== null))
    throw new CheckProblem(`what runs in ${environment.name} is no image; take ${IMAGE} out of the scan`)
  const folder = image === null ? resolve(root, release.artifact) : root
  const population = `${instances.length} instances of ${release.digest.slice(0, 19)}…`
  const drift = (image === null ? await folderDrift(ctx, folder) : podDrift(ctx)) ?? (await configDrift(ctx))
  if (drift !== null)
    return fail(drift, { claim: { digest: release.digest, drift }, source: image ?? folder, population })
  const command = scan.map((part) => part.replaceAll('${root}', root).replaceAll(IMAGE, image ?? ''))
  const { stdout, stderr, code } = await runCommand(command, { cwd: folder, limitMs: LIMIT_MS })
  if (stdout.trim() === '')
    throw new CheckProblem(
      `${command.join(' ')}: printed no SARIF (exit code ${code}): ${stderr.split('\n')[0] ?? ''}`,
    )
  const scans = readSarif(stdout, command[0] ?? 'the scan')
  const { verdict, words } = weigh(scans.flatMap(({ findings }) => findings))
  const claim = scanClaim(scans)
  return {
    verdict,
    summary: `what runs is what was released; ${claim.tools.join(', ')} of it now: ${words}`,
    claim: { digest: release.digest, drift: null, ...claim },
    source: command.join(' '),
    population,
    evidence: [await ctx.keep('scan.sarif', 'application/sarif+json', stdout)],
  }
}

/** How what is deployed differs from what was released; null where it does not. */
async function folderDrift({ release }: CheckContext, folder: string): Promise<string | null> {
  const digest = await artifactDigest(folder).catch((error: Error) => {
    throw new CheckProblem(`${folder}: ${error.message}`)
  })
  return digest === release.digest
    ? null
    : `${folder} was changed since it was released: it is ${digest.slice(0, 19)}… now`
}

/** The digest of an image is what its pods are started by; what else somebody changed of them is told by the watch. */
function podDrift({ environment }: CheckContext): string | null {
  const { drift, instances = [] } = environment.target.notice?.() ?? {}
  // One that sees no instance of what runs is a watch that may not look.
  if (drift === undefined || instances.length === 0)
    throw new CheckProblem(`what somebody changed in ${environment.name} cannot be told now`)
  return drift
}

async function configDrift({ environment, release }: CheckContext): Promise<string | null> {
  const { workloads } = await environment.target.observe()
  const workload = workloads.find(({ version }) => version === release.version)
  if (!workload)
    throw new CheckProblem(`${release.version} is not known to the target of ${environment.name}`)
  const isSame = canonicalJson(workload.config) === canonicalJson(release.config)
  return isSame ? null : `${release.version} runs with another configuration than it was released with`
}
