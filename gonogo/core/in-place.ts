import type { Release } from './release.ts'
import type { Strategy } from './when.ts'

/** Strategies by which two versions run side by side, each with all of its own. */
const SIDE_BY_SIDE: readonly Strategy[] = ['canary', 'blue-green']

/** Why a release cannot be deployed where these components are updated in place; null where it can. */
export function inPlaceProblem(
  { strategy, version }: Pick<Release, 'strategy' | 'version'>,
  parts: readonly string[],
): string | null {
  if (parts.length === 0 || !SIDE_BY_SIDE.includes(strategy)) return null
  return `${list(parts)} ${are(parts)}, whose pods own their volumes: no second version can run beside it, as ${strategy} has it; let release ${version} say strategy: rolling, or recreate`
}

/** What people are told of it, in the plan and in the report. */
export function inPlaceNote(parts: readonly string[], strategy: Strategy, replicas: number): string {
  const meanwhile =
    strategy === 'rolling' && replicas > 1
      ? `pod by pod, while ${replicas - 1} of ${replicas} serve`
      : 'and nothing of it serves until the new pods are ready'
  return `${list(parts)} ${are(parts)}: updated in place, ${meanwhile}; nothing of the version before is kept ready during the watch: going back starts its pods again, one after the other`
}

const list = (parts: readonly string[]): string => parts.join(', ')
const are = (parts: readonly string[]): string => (parts.length > 1 ? 'are StatefulSets' : 'is a StatefulSet')
