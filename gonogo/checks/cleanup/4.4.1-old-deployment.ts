import { z } from 'zod'
import { formatDuration } from '#core/duration.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { isOnCluster } from '../live/service-cluster.ts'
import { readingEvidence } from '../reading.ts'
import { oldPods } from './cluster-leftovers.ts'

export const check = defineCheck({
  id: '4.4.1',
  title: 'Old deployment cleaned up',
  config: z.strictObject({}),
  bound: () => true,
  limitMs: 30_000,
  run: readingEvidence(run),
})

/**
 * The old version has no workload, no instance and no process left; and it went only after the watch. Whatever is not the
 * release's digest is old, and so is its digest under another version: a release may change its configuration alone.
 */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const { environment, release, stable } = ctx
  const { watchEndsAtMs: end } = ctx.timeline
  if (end === null) throw new CheckProblem('the watch has not begun')
  const world = await environment.target.observe()
  const isOwn = ({ version, digest }: { readonly version: string; readonly digest: string }) =>
    version === release.version && digest === release.digest
  const own = world.instances.filter(isOwn)
  const left = world.instances.filter((one) => !isOwn(one))
  const forgotten = world.workloads.filter((one) => !isOwn(one))
  const unknownPods = isOnCluster(ctx) ? await oldPods(ctx) : []
  const weight = world.weights[release.version] ?? 0
  const rest = {
    claim: {
      version: release.version,
      left: left.map(({ version, component }) => `${version} ${component}`).sort(),
      weight,
    },
    source: `the target of ${environment.name}`,
    population: `${world.instances.length} instances, ${world.workloads.length} versions`,
  }
  if (ctx.now() < end && left.length === 0 && stable)
    return fail(`${stable.version} is gone, ${formatDuration(end - ctx.now())} before the watch ends`, rest)
  if (ctx.now() < end) throw new CheckProblem(`the watch lasts another ${formatDuration(end - ctx.now())}`)
  if (own.length === 0) return fail(`no instance of ${release.version} runs`, rest)
  const [pod] = unknownPods
  if (left.length === 0 && pod)
    return fail(`pod ${pod} still runs another image or version than the release’s`, rest)
  const [first] = left
  if (first)
    return fail(`${left.length} instances of ${first.version} still run, ${first.id} among them`, rest)
  const [version] = forgotten
  if (version) return fail(`${version.version} is still known to the target`, rest)
  if (weight !== 100) return fail(`${release.version} has ${weight} % of the traffic`, rest)
  return pass(
    `${stable?.version ?? 'no version'} is gone; ${own.length} instances of ${release.version} are all that runs`,
    rest,
  )
}
