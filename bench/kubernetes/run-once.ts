import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../gonogo/engine/clock.ts'
import type { Contender, Decision, Setting } from './contenders/contender.ts'
import { type Load, startLoad } from './load.ts'
import { CANARY, makePlace } from './place.ts'
import { type Prometheus, startPrometheus } from './prometheus.ts'
import type { Result } from './result.ts'
import { DISTURB_AFTER_MS, type Scenario } from './scenarios.ts'
import { startUpstream, type Upstream } from './upstream.ts'

/** Of load without a failed or slow answer before the canary comes, so that whatever is new at first is not counted. */
const WARM_UP_MS = 3000
const SERVED_WITHIN_MS = 60_000
/** The last of them are under way. */
const ANSWERED_SHARE = 0.9
/** Without a canary request for so long after the decision, its traffic is at zero: at 5 % it had one each 200 ms. */
const QUIET_MS = 3000
/** What a promotion ends may still cost requests for a moment. */
const AFTER_PROMOTION_MS = 5000
const LOOK_EVERY_MS = 20

export type Bench = { readonly digest: string; readonly prometheus: Prometheus }

/** One contender in one scenario, in a namespace of its own. Throws where it could not even be set up. */
export async function runOnce(
  { digest, prometheus: shared }: Bench,
  contender: Contender,
  setting: Setting,
  scenario: Scenario,
): Promise<Result> {
  const { firstWeight, needsPrometheus = false } = scenario
  const upstream = await startUpstream()
  const prometheus = needsPrometheus ? await startPrometheus() : shared
  const place = await makePlace({ digest, upstreamUrl: upstream.url, prometheusUrl: prometheus.url })
  const unfollow = needsPrometheus ? prometheus.follow(place.namespace) : async () => undefined
  const deployer = await contender.open(place, { setting, firstWeight, needsPrometheus })
  const load = startLoad(place.host)
  const ended = new AbortController()
  try {
    await untilServed(load)
    load.begin(CANARY)
    const deployedAtMs = Date.now()
    await deployer.deploy(scenario.canary)
    const disturbed = disturb(scenario, { load, upstream, prometheus }, ended.signal)
    const limit = pause(contender.limitMs[setting], ended.signal).then(() => null)
    const decision = await Promise.race([deployer.decided, limit, failureOf(disturbed)])
    if (decision?.outcome === 'rolled back') await untilQuiet(load)
    if (decision?.outcome === 'promoted') await wait(AFTER_PROMOTION_MS)
    ended.abort()
    await disturbed
    const { seen } = load
    return {
      kind: 'run',
      contender: contender.name,
      setting,
      scenario: scenario.id,
      namespace: place.namespace,
      ...judged(scenario, decision),
      ...timesOf(decision, deployedAtMs, seen),
      ...seen,
    }
  } finally {
    ended.abort()
    await load.stop()
    await deployer.close()
    await unfollow().finally(() => place.end())
    upstream.close()
    if (prometheus !== shared) await prometheus.end()
  }
}

/** The stable version has answered everybody well for a while: what fails from now on is the contender's. Throws where it never does. */
async function untilServed(load: Load): Promise<void> {
  const deadline = performance.now() + SERVED_WITHIN_MS
  do {
    load.begin(CANARY)
    await wait(WARM_UP_MS)
    const { sent, answered, failed, slow } = load.seen
    if (failed + slow === 0 && answered >= sent * ANSWERED_SHARE) return
  } while (performance.now() < deadline)
  throw new Error(`the stable version does not answer well: ${JSON.stringify(load.seen.why)}`)
}

/** Resolves when the time is over, or as soon as the signal ends it: a pause that is cut short is no failure. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  systemClock.sleepUntil(Date.now() + ms, signal)

/** Rejects when it fails, and never resolves. */
const failureOf = (work: Promise<unknown>): Promise<never> =>
  new Promise((_resolve, reject) => {
    work.catch(reject)
  })

/** Waits for the canary's traffic, then does what the scenario does; nothing where the run has ended before. */
async function disturb(
  { disturb: act }: Scenario,
  around: { readonly load: Load; readonly upstream: Upstream; readonly prometheus: Prometheus },
  ended: AbortSignal,
): Promise<void> {
  if (!act) return
  while (around.load.seen.firstCanaryAtMs === null && !ended.aborted) await wait(LOOK_EVERY_MS)
  await pause(DISTURB_AFTER_MS, ended)
  if (!ended.aborted) await act(around)
}

async function untilQuiet(load: Load): Promise<void> {
  const decidedAtMs = Date.now()
  while (Date.now() - Math.max(decidedAtMs, load.seen.lastCanaryAtMs ?? 0) < QUIET_MS)
    await wait(LOOK_EVERY_MS)
}

function judged({ isHealthy }: Scenario, decision: Decision | null) {
  const outcome: Result['outcome'] = decision?.outcome ?? 'never decided'
  return {
    outcome,
    // A person who is asked has lost nothing; the table says that one was.
    isRight: isHealthy ? outcome === 'promoted' || outcome === 'held' : outcome === 'rolled back',
    reason: decision?.reason ?? '',
  }
}

function timesOf(decision: Decision | null, deployedAtMs: number, seen: Load['seen']) {
  const { firstCanaryAtMs, lastCanaryAtMs } = seen
  const isBack = decision?.outcome === 'rolled back'
  return {
    decidedAfterMs: decision ? decision.atMs - (firstCanaryAtMs ?? deployedAtMs) : null,
    zeroAfterMs: isBack && lastCanaryAtMs !== null ? Math.max(0, lastCanaryAtMs - decision.atMs) : null,
  }
}
