import { setTimeout as wait } from 'node:timers/promises'
import { probedWithinMs } from '#connectors/kubernetes/index.ts'
import type { Instance } from '#targets/target.ts'
import { CheckProblem } from '../check.ts'
import { probe } from '../live/probe.ts'
import type { ServiceCluster } from '../live/service-cluster.ts'
import { type Copies, type Copy, copiesOf } from './pod-copies.ts'

const LOOK_EVERY_MS = 300
/** Of the time that a check has, the rest being for what comes before and after. */
export const MOST_MS = 200_000

export type Unready = {
  /** With these settings a pod runs, and cannot serve. */
  readonly settings: Readonly<Record<string, string>>
  /** How long it must stay out of the routing, in ms; longer where its probes need longer. */
  readonly forMs: number
  /** How long a copy may take until it serves, in ms. */
  readonly startsWithinMs: number
}

/**
 * Whether a copy of this pod that cannot serve gets traffic, beside one that can: what is wrong, or null. Throws a
 * CheckProblem where that cannot be told, also when the copy's readiness was never what kept it out.
 */
export async function unreadyGetsTraffic(
  service: ServiceCluster,
  instance: Instance,
  { settings, forMs, startsWithinMs }: Unready,
  signal: AbortSignal,
): Promise<string | null> {
  const copies = await copiesOf(service, instance.id)
  const watchMs = Math.max(forMs, probedWithinMs(copies.template))
  const limitMs = startsWithinMs + watchMs
  if (limitMs > MOST_MS)
    throw new CheckProblem(
      `its readiness probe takes up to ${seconds(watchMs)}, and it may start for ${seconds(startsWithinMs)}: more than the ${seconds(MOST_MS)} there are`,
    )
  let problem: string | null
  try {
    await copies.start(settings, limitMs)
    problem = await compare(copies, instance, Object.keys(settings).join(', '), { watchMs, limitMs }, signal)
  } catch (error) {
    await copies.end()
    throw error
  }
  const left = await copies.end()
  if (problem === null && left !== null) throw new CheckProblem(left)
  return problem
}

type Times = { readonly watchMs: number; readonly limitMs: number }

async function compare(
  copies: Copies,
  instance: Instance,
  names: string,
  { watchMs, limitMs }: Times,
  signal: AbortSignal,
): Promise<string | null> {
  const startedMs = performance.now()
  const limit = seconds(limitMs)
  let [goodTookMs, badRunsSinceMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (;;) {
    const { good, bad } = await copies.look()
    const nowMs = performance.now()
    if (bad.getsTraffic || isReady(bad))
      return `with ${names} set so a pod is taken for ready, and gets traffic: it cannot serve, or these settings change nothing`
    mustRun(good, 'a copy of it as it is')
    mustRun(bad, `a copy of it with ${names} set so`)
    if (isRunning(bad)) badRunsSinceMs = Math.min(badRunsSinceMs, nowMs)
    if (good.getsTraffic) goodTookMs = Math.min(goodTookMs, nowMs - startedMs)
    if (nowMs - badRunsSinceMs >= Math.max(watchMs, goodTookMs)) {
      await mustSaySo(bad, instance, names, signal)
      return null
    }
    if (nowMs - startedMs > limitMs) throw new CheckProblem(tooLate(good, bad, names, limit))
    await wait(LOOK_EVERY_MS, undefined, { signal })
  }
}

function tooLate(good: Copy, bad: Copy, names: string, limit: string): string {
  const unplaced = [good, bad]
    .flatMap(({ status }) => status.conditions)
    .find(({ type, status }) => type === 'PodScheduled' && status === 'False')
  if (unplaced) return `a copy of it finds no node within ${limit}: ${unplaced.message}`
  if (!good.getsTraffic)
    return `a copy of it as it is got no traffic within ${limit}, so that the other got none proves nothing`
  return `a copy of it with ${names} set so has not run for long enough after ${limit}`
}

/** That it is kept out is its readiness's own doing only where it is asked, says no, and is alive otherwise. */
async function mustSaySo(
  { status: { podIP } }: Copy,
  { url, readyPath, healthPath }: Instance,
  names: string,
  signal: AbortSignal,
): Promise<void> {
  if (!podIP) throw new CheckProblem(`a copy of it with ${names} set so has no address to be asked by`)
  const base = new URL(url)
  base.hostname = podIP.includes(':') ? `[${podIP}]` : podIP
  const health = await probe(signal, base.href, healthPath ?? '')
  const ready = await probe(signal, base.href, readyPath ?? '')
  const copy = `a copy of it with ${names} set so`
  if (health.status >= 400)
    throw new CheckProblem(
      `${copy} is not alive (${healthPath} answers ${health.status}), so it proves nothing`,
    )
  if (ready.status < 400)
    throw new CheckProblem(
      `${copy} answers ${ready.status} to ${readyPath}: something else keeps it out of the routing`,
    )
}

const isReady = ({ status }: Copy): boolean =>
  status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True')

const isRunning = ({ status: { containerStatuses } }: Copy): boolean =>
  containerStatuses.length > 0 &&
  containerStatuses.every(({ started, state }) => started && state.running !== undefined)

/** Throws where it will not run, or did not go on running. */
function mustRun({ status: { phase, containerStatuses } }: Copy, which: string): void {
  const restarted = containerStatuses.find(({ restartCount }) => restartCount > 0)
  const stuck = containerStatuses.find(({ state }) => /Err|BackOff|Invalid/.test(state.waiting?.reason ?? ''))
  const trouble =
    (restarted && `${restarted.name} ended, and was started again`) ??
    (stuck && `${stuck.name}: ${stuck.state.waiting?.reason}`) ??
    (/Failed|Succeeded/.test(phase) ? `it ${phase.toLowerCase()}` : null)
  if (trouble)
    throw new CheckProblem(`${which} does not run (${trouble}), so what its readiness does is not known`)
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`
