import { z } from 'zod'
import { defineCheck, fail, pass, unknown } from '../check.ts'

/** R4: the version before serves all traffic again, each of its instances ready, and none of the new one is given any. */
export const previousVersion = defineCheck({
  id: 'R4',
  title: 'Verify rollback success',
  config: z.strictObject({}),
  bound: () => true,
  limitMs: 10_000,
  run: async (ctx) => {
    const source = `the target of ${ctx.environment.name}`
    const world = await ctx.environment.target.observe()
    const dropped = world.weights[ctx.release.version] ?? 0
    if (!ctx.stable) {
      const claim = { stable: null, dropped }
      return dropped === 0
        ? pass(`${ctx.release.version} is gone; there was no version before it`, { claim, source })
        : fail(`${ctx.release.version} still has ${dropped} % of the traffic`, { claim, source })
    }
    const { version } = ctx.stable
    const weight = world.weights[version] ?? 0
    const instances = world.instances.filter((i) => i.version === version)
    const ready = instances.filter((i) => i.ready).length
    const claim = { version, weight, dropped, allReady: ready === instances.length && ready > 0 }
    const population = `${ready} of ${instances.length} instances`
    if (instances.length === 0)
      return unknown(`no instance of ${version} is known to the target`, { claim, source, population })
    const isBack = weight === 100 && dropped === 0 && claim.allReady
    const said = `${version} has ${weight} % of the traffic, ${ready} of ${instances.length} instances ready`
    return isBack ? pass(said, { claim, source, population }) : fail(said, { claim, source, population })
  },
})
