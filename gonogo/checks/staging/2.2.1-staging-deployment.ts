import { z } from 'zod'
import { utc } from '#core/duration.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { allReleaseInstances, stagingOf } from '../live/instances.ts'

export const check = defineCheck({
  id: '2.2.1',
  title: 'Staging deployment successful',
  config: z.strictObject({}),
  bound: (service) => service.staging !== undefined,
  limitMs: 10_000,
  run,
})

/** This release's digests run in staging, in every component that production declares, beside the stable version as the strategy wants. */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const staging = stagingOf(ctx)
  if (staging.name === ctx.environment.name)
    throw new CheckProblem(`staging is ${staging.name}, the environment deployed to; name another one`)
  const instances = await allReleaseInstances(ctx, staging)
  const { workloads } = await staging.target.observe()
  const workload = workloads.find(({ version }) => version === ctx.release.version)
  const components = [...new Set(instances.map(({ component }) => component))].sort()
  const wanted = [...new Set((await ctx.environment.stables()).map(({ component }) => component))]
  const missing = wanted.filter((component) => !components.includes(component))
  const ready = instances.filter((one) => one.ready).length
  const startedAt = Math.max(...instances.map(({ startedAtMs }) => startedAtMs))
  const rest = {
    claim: { components, digest: ctx.release.digest, missing, ready: ready === instances.length },
    source: `the target of ${staging.name}`,
    population: `${ready} of ${instances.length} instances`,
    blanks: { 'staging-time': utc(startedAt), 'staging-environment': staging.name },
    evidenceAtMs: ctx.now(),
  }
  if (workload && workload.digest !== ctx.release.digest)
    throw new CheckProblem(
      `staging was given ${workload.digest.slice(0, 19)}…, the release is ${ctx.release.digest.slice(0, 19)}…`,
    )
  if (missing.length > 0)
    return fail(`${missing.join(', ')} of this release does not run in ${staging.name}`, rest)
  if (ready < instances.length)
    return fail(`${ready} of ${instances.length} instances are ready in ${staging.name}`, rest)
  return pass(
    `${ready} of ${instances.length} instances of ${ctx.release.version} ready in ${staging.name}: ${components.join(', ')}`,
    rest,
  )
}
