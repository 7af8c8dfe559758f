import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck, fail, pass, unknown } from '../check.ts'
import { allReleaseInstances } from '../live/instances.ts'

export const check = defineCheck({
  id: '3.3.4.1',
  title: 'All pods healthy',
  config: z.strictObject({}),
  bound: () => true,
  limitMs: 10_000,
  run,
})

/** As many instances of the new version as are wanted, of every component, each ready; and all traffic is theirs. */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const { environment, release } = ctx
  const instances = await allReleaseInstances(ctx, environment)
  const { workloads, weights, stable, autoscaled } = await environment.target.observe()
  const wanted = workloads.find(({ version }) => version === release.version)?.replicas ?? 0
  const { target } = ctx.service.environments[environment.name] ?? {}
  const declared = Object.keys(target?.components ?? {})
  const running = instances.map(({ component }) => component)
  const components = [...new Set([...declared, ...running, ...Object.keys(autoscaled ?? {})])].sort()
  const rows = components.map((component) => {
    const own = instances.filter((one) => one.component === component)
    const sized = stable === release.version ? autoscaled?.[component] : undefined
    return {
      component,
      wanted: sized ?? wanted,
      isAutoscaled: sized !== undefined,
      updated: own.length,
      available: own.filter(({ ready }) => ready).length,
    }
  })
  const weight = weights[release.version] ?? 0
  const available = rows.reduce((sum, row) => sum + row.available, 0)
  const rest = {
    claim: { components: rows, weight },
    source: `the target of ${environment.name}`,
    population: `${available} of ${instances.length} instances`,
  }
  if (wanted === 0)
    return unknown(`no instance of ${release.version} is wanted: nothing can be missing`, rest)
  const none = rows.find((row) => row.wanted === 0)
  if (none) return unknown(`no pod of ${none.component} is wanted now: nothing can be missing`, rest)
  const bad = rows.find((row) => row.updated !== row.wanted || row.available !== row.wanted)
  if (bad) {
    const words = `${bad.component}: ${bad.available} of ${bad.wanted} available, ${bad.updated} updated`
    // How many it wants changes at any moment, and whoever starts them takes a while.
    const isBehind = bad.isAutoscaled && bad.available >= Math.min(wanted, bad.wanted)
    return isBehind ? unknown(`${words}; an autoscaler has just changed how many`, rest) : fail(words, rest)
  }
  if (weight !== 100) return fail(`${release.version} has ${weight} % of the traffic, not all of it`, rest)
  return pass(
    `${available} of ${instances.length} instances available in ${components.length} components`,
    rest,
  )
}
