import type { DeploymentState } from '#core/state.ts'
import type { Target } from '#targets/target.ts'

/** A restart more than this is a loop, not a hiccup. */
const RESTARTS_ALLOWED = 2

/** Triggers that need no statistics: an instance of the new version that the platform gave up, that
 * restarts again and again, or is ready no more. */
export async function watchFaults(
  target: Target,
  state: DeploymentState,
): Promise<{ criterion: string; detail: string } | null> {
  const { release } = state.opened
  if (!state.effects[`deploy:${release.version}`]?.settled?.ok) return null
  const world = await target.observe().catch(() => null)
  const mine = world?.instances.filter((i) => i.version === release.version) ?? []
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
  const isServing = (world?.weights[release.version] ?? 0) > 0
  if (isServing && mine.length > 0 && mine.every((i) => !i.ready))
    return {
      criterion: 'readiness-lost',
      detail: `none of ${mine.length} instances of ${release.version} is ready any more`,
    }
  return null
}
