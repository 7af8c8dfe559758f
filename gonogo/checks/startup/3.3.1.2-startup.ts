import { z } from 'zod'
import type { Instance } from '#targets/target.ts'
import { type CheckContext, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { allReleaseInstances } from '../live/instances.ts'

export const check = defineCheck({
  id: '3.3.1.2',
  title: 'Verify pod startup',
  config: z.strictObject({}),
  bound: () => true,
  limitMs: 10_000,
  run,
})

/** Every component has as many instances as were asked for, each ready, and none was started twice. */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const { environment, release } = ctx
  const instances = await allReleaseInstances(ctx, environment)
  const { workloads } = await environment.target.observe()
  const wanted = workloads.find((w) => w.version === release.version)?.replicas ?? 1
  const components = [...new Set(instances.map((i) => i.component))].sort()
  const rows = components.map((component) => {
    const mine = instances.filter((i) => i.component === component)
    return { component, wanted, ready: mine.filter((i) => i.ready).length, restarts: restartsOf(mine) }
  })
  const ready = instances.filter((i) => i.ready).length
  const rest = {
    claim: { components: rows },
    source: `the target of ${environment.name}`,
    population: `${ready} of ${instances.length} instances`,
  }
  const restarted = instances.find((i) => i.restarts > 0)
  if (restarted)
    return fail(
      `${restarted.id} was restarted ${restarted.restarts} times; see ${restarted.logFile ?? 'its log'}`,
      rest,
    )
  const waiting = instances.find((i) => !i.ready)
  if (waiting)
    return fail(
      `${waiting.id} is not ready: ${waiting.notReady ?? `${waiting.readyPath ?? 'its probe'} does not answer as it should`}`,
      rest,
    )
  const short = rows.find((row) => row.ready < wanted)
  if (short) return fail(`${short.ready} of ${wanted} instances of ${short.component} are ready`, rest)
  return pass(`${ready} of ${instances.length} instances ready, no restart`, rest)
}

const restartsOf = (instances: readonly Instance[]): number =>
  instances.reduce((sum, i) => sum + i.restarts, 0)
