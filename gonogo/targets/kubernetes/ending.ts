import { setTimeout as wait } from 'node:timers/promises'
import type { Outcome } from '../target.ts'
import type { VersionRecord } from './saved-state.ts'
import { refused, type World } from './world.ts'

/** What is under way for a version stops when it finds that it was ended; what it is writing until then may still come. */
const STOPS_WITHIN_MS = 60_000

type Known = Pick<World, 'map' | 'ending'>

export const ended = (version: string, doing = 'it started'): Outcome =>
  refused('ended', `${version} was ended while ${doing}`)

/**
 * Whether a call that has waited may go on with a version: since then nobody went back from it or to it, nor deployed it anew.
 * Calls run beside each other, and a rollback waits for none of them.
 */
export const mayGoOn = ({ map, ending }: Known, record: VersionRecord): boolean =>
  map.state.versions[record.workload.version] === record && !ending.has(record.workload.version)

/** Why these weights may not be set any more; null while they may. */
export function endingProblem({ ending }: Known, weights: Readonly<Record<string, number>>): Outcome | null {
  const version = Object.keys(weights).find((one) => ending.has(one) && (weights[one] ?? 0) > 0)
  return version === undefined ? null : refused('ended', `${version} is ended; it gets no more traffic`)
}

/** Keeps a call in view while it is under way for some versions, for whoever goes back from one of them. */
export async function during(
  { underWay }: Pick<World, 'underWay'>,
  versions: readonly string[],
  work: () => Promise<Outcome>,
): Promise<Outcome> {
  const working = work()
  const call = { versions, settled: Promise.allSettled([working]) }
  underWay.add(call)
  try {
    return await working
  } finally {
    underWay.delete(call)
  }
}

/** Waits until nothing is under way any more for a version that is ended. */
export async function untilStopped({ underWay }: Pick<World, 'underWay'>, version: string): Promise<void> {
  const theirs = [...underWay].filter(({ versions }) => versions.includes(version))
  const late = wait(STOPS_WITHIN_MS, undefined, { ref: false })
  await Promise.race([Promise.all(theirs.map(({ settled }) => settled)), late])
}
