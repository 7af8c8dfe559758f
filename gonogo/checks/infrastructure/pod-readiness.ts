import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { probedWithinMs } from '#connectors/kubernetes/index.ts'
import { hostOf } from '#targets/kubernetes/pods.ts'
import type { Instance } from '#targets/target.ts'
import { CheckProblem } from '../check.ts'
import { NoAnswer, probe } from '../live/probe.ts'
import type { ServiceCluster } from '../live/service-cluster.ts'
import { type Copies, type Copy, copiesOf } from './pod-copies.ts'

const LOOK_EVERY_MS = 300
/** Of the time that a check has, the rest being for what comes before and after. */
const MOST_MS = 200_000

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
  const copies = await copiesOf(service, instance)
  const watchMs = Math.max(forMs, probedWithinMs(copies.template))
  const limitMs = startsWithinMs + watchMs
  if (limitMs > MOST_MS)
    throw new CheckProblem(
      `its readiness probe takes up to ${seconds(watchMs)}, and it may start for ${seconds(startsWithinMs)}: more than the ${seconds(MOST_MS)} there are`,
    )
  const copy = `a copy of ${instance.id} with ${Object.keys(settings).join(', ')} set so`
  let problem: string | null
  try {
    await copies.start(settings, limitMs)
    problem = await compare(copies, instance, copy, { watchMs, limitMs }, signal)
  } catch (error) {
    const left = await copies.end()
    if (left === null || !(error instanceof CheckProblem)) throw error
    throw new CheckProblem(`${error.message}; ${left}`)
  }
  const left = await copies.end()
  if (left !== null) throw new CheckProblem([problem, left].filter(Boolean).join('; '))
  return problem
}

const probedSchema = z.object({
  spec: z.object({
    containers: z.array(
      z.object({ readinessProbe: z.unknown().optional(), livenessProbe: z.unknown().optional() }),
    ),
  }),
})

/** Whether a pod has such a probe at all, of whatever kind. */
export async function isProbed(
  { cluster, namespace }: ServiceCluster,
  pod: string,
  probe: 'readiness' | 'liveness',
): Promise<boolean> {
  const { spec } = await cluster.get(`/api/v1/namespaces/${namespace}/pods/${pod}`, probedSchema)
  return spec.containers.some((one) => one[`${probe}Probe`] !== undefined)
}

type Times = { readonly watchMs: number; readonly limitMs: number }

async function compare(
  copies: Copies,
  instance: Instance,
  copy: string,
  { watchMs, limitMs }: Times,
  signal: AbortSignal,
): Promise<string | null> {
  const untilMs = performance.now() + limitMs
  const never = Number.POSITIVE_INFINITY
  let [goodRunsSinceMs, goodTookMs, badRunsSinceMs] = [never, never, never]
  for (;;) {
    const { good, bad } = await copies.look()
    const nowMs = performance.now()
    if (isReady(bad))
      return `${copy} is ready: its readiness does not look at what is wrong, or these settings change nothing`
    if (bad.getsTraffic)
      return `${copy} is not ready, and gets traffic: the Service leads to such pods, too (publishNotReadyAddresses)`
    mustRun(good, `a copy of ${instance.id} as it is`)
    mustRun(bad, copy)
    if (isRunning(good)) goodRunsSinceMs = Math.min(goodRunsSinceMs, nowMs)
    if (good.getsTraffic) goodTookMs = Math.min(goodTookMs, nowMs - goodRunsSinceMs)
    if (isRunning(bad)) badRunsSinceMs = Math.min(badRunsSinceMs, nowMs)
    if (nowMs - badRunsSinceMs >= Math.max(watchMs, goodTookMs)) {
      await mustSaySo(bad, instance, copy, signal)
      return null
    }
    if (nowMs > untilMs) throw new CheckProblem(tooLate(good, bad, instance, copy))
    await wait(LOOK_EVERY_MS, undefined, { signal })
  }
}

function tooLate(good: Copy, bad: Copy, { id }: Instance, copy: string): string {
  const unplaced = [good, bad]
    .flatMap(({ status }) => status.conditions)
    .find(({ type, status }) => type === 'PodScheduled' && status === 'False')
  if (unplaced) return `a copy of ${id} finds no node: ${unplaced.message}`
  if (!good.getsTraffic)
    return `a copy of ${id} as it is got no traffic in time, so that the other got none proves nothing; see startsWithin`
  return `${copy} has not run for long enough; see startsWithin`
}

/** That it is kept out is its readiness's own doing only where it is asked, says no, and is alive otherwise. */
async function mustSaySo(
  { status: { podIP } }: Copy,
  { url, readyPath, healthPath }: Instance,
  copy: string,
  signal: AbortSignal,
): Promise<void> {
  if (!podIP) throw new CheckProblem(`${copy} has no address to be asked by`)
  const base = new URL(url)
  base.hostname = hostOf(podIP)
  const ask = (path: string | null) =>
    probe(signal, base.href, path ?? '').catch((problem: Error) => {
      if (problem instanceof NoAnswer && path === readyPath) return null
      if (!(problem instanceof CheckProblem)) throw problem
      throw new CheckProblem(`${copy} cannot be asked: ${problem.message}`)
    })
  const [health, ready] = [await ask(healthPath), await ask(readyPath)]
  if (health && health.status >= 400)
    throw new CheckProblem(
      `${copy} is not alive (${healthPath} answers ${health.status}), so it proves nothing`,
    )
  if (ready && ready.status < 400)
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
function mustRun({ status }: Copy, which: string): void {
  const { phase } = status
  const all = [...status.initContainerStatuses, ...status.containerStatuses]
  const restarted = all.find(({ restartCount }) => restartCount > 0)
  const stuck = all.find(({ state }) => /Err|BackOff|Invalid/.test(state.waiting?.reason ?? ''))
  const trouble =
    (restarted && `${restarted.name} ended, and was started again`) ??
    (stuck && `${stuck.name}: ${stuck.state.waiting?.reason}`) ??
    (/Failed|Succeeded/.test(phase) ? `it ${phase.toLowerCase()}` : null)
  if (trouble)
    throw new CheckProblem(`${which} does not run (${trouble}), so what its readiness does is not known`)
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`
