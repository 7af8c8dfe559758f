import type { DeploymentState } from '../../gonogo/core/state.ts'
import { until } from '../../gonogo/targets/contract/load.ts'
import type { Ran, World } from '../crash/world.ts'

const LIMIT_MS = 60_000

/** A deployment in a process of its own that a test looks at, and takes part in, while it goes on. */
export type Watched = {
  readonly ended: Promise<Ran>
  /** Waits until its log says so, and answers with what it says. */
  when(what: string, isSo: (state: DeploymentState) => boolean): Promise<DeploymentState>
  /** The deployment lead skips the wait of this step and of each that follows, to the end. */
  hurry(fromStep: number): Promise<Ran>
}

export function startWatched(world: World, version: string): Watched {
  const ended = world.run(version)
  // Whoever waits for something that will not come any more is told of the end instead.
  const over = ended.then(({ status, stderr }) => {
    throw new Error(`the deployment of ${version} has ended: ${status} ${stderr}`)
  })
  over.catch(() => undefined)
  const when: Watched['when'] = async (what, isSo) => {
    let seen: DeploymentState | null = null
    const looked = until(
      `${version}: ${what}`,
      () => {
        const state = world.underWay()
        seen = state?.opened.release.version === version && isSo(state) ? state : null
        return seen !== null
      },
      LIMIT_MS,
    )
    await Promise.race([looked, over])
    return seen ?? Promise.reject(new Error(what))
  }
  return {
    ended,
    when,
    hurry: async (fromStep) => {
      for (let step = fromStep; ; step++) {
        const { opened } = await when(`step ${step}`, ({ steps }) => steps.length > step)
        await world.decide('ada', 'proceed', 'seen enough')
        if (step === opened.plan.steps.length - 1) return ended
      }
    },
  }
}

/** Who runs, so that a restart or another process or pod in its place shows. */
export async function running(world: World, version: string): Promise<readonly string[]> {
  const { instances } = await world.target.observe()
  const mine = instances.filter((one) => one.version === version)
  return mine.map(({ id, pid, startedAtMs, restarts }) => `${id} ${pid} ${startedAtMs} ${restarts}`).sort()
}
