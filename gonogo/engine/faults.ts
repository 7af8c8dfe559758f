import type { DeploymentState } from '#core/state.ts'
import type { Target, TargetState } from '#targets/target.ts'

/** A restart more than this is a loop, not a hiccup. */
const RESTARTS_ALLOWED = 2

export type Watched = {
  /** A trigger that needs no statistics; null when there is none. */
  readonly fault: { readonly criterion: string; readonly detail: string } | null
  /** What somebody else changed by hand, in words; null when nothing; undefined where that cannot be told now. */
  readonly drift: string | null | undefined
}

/** What is seen of the target now. What cannot be asked now is asked again with the next interval. */
export async function watchTarget(target: Target, state: DeploymentState): Promise<Watched> {
  const world = target.notice
    ? target.notice()
    : await target.observe().then(
        (seen) => ({ ...seen, drift: null }),
        () => null,
      )
  return { fault: world && faultIn(world, state), drift: world?.drift }
}

/**
 * An instance of the new version that the platform gave up, that restarts again and again, or none of them ready any more.
 */
function faultIn(
  world: Pick<TargetState, 'instances' | 'weights'>,
  state: DeploymentState,
): Watched['fault'] {
  const { release } = state.opened
  if (!state.effects[`deploy:${release.version}`]?.settled?.ok) return null
  const mine = world.instances.filter((i) => i.version === release.version)
  const troubled = mine.find((i) => i.trouble)
  if (troubled?.trouble)
    return {
      criterion: troubled.trouble.code,
      detail: `${troubled.component} of ${release.version}: ${troubled.trouble.detail}`,
    }
  const looping = mine.find((i) => i.restarts > RESTARTS_ALLOWED)
  if (looping)
    return {
      criterion: 'crash-loop',
      detail: `${looping.component} ${looping.id} of ${release.version} restarted ${looping.restarts} times`,
    }
  const why = mine.find((i) => i.notReady)?.notReady
  const isServing = (world.weights[release.version] ?? 0) > 0
  // Where the old version's are gone as well, something else is wrong, and going back would help nobody.
  const others = world.instances.filter((i) => i.version !== release.version)
  const isAlike = others.length > 0 && others.every((i) => !i.ready)
  if (isServing && !isAlike && mine.length > 0 && mine.every((i) => !i.ready))
    return {
      criterion: 'readiness-lost',
      detail: `none of ${mine.length} instances of ${release.version} is ready any more${why ? `: ${why}` : ''}`,
    }
  return null
}
