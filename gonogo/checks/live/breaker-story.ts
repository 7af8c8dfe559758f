import { setTimeout as wait } from 'node:timers/promises'
import type { Json } from '#core/json.ts'
import { type CheckContext, CheckProblem } from '../check.ts'
import { type Answer, jsonOf, NoAnswer } from './probe.ts'
import type { HeldStub } from './stub.ts'

export const REFUSALS = 5
const LOOK_EVERY_MS = 100

/** What a breaker is held to, and what the upstream is told. */
export type BreakerLimits = {
  readonly failing: Json
  readonly normal: Json
  readonly most: number
  readonly callsPerRequest: number
  readonly refusedWithinMs: number
  readonly recoverWithin: number
}

/** What is asked and read over and over. `calls` is what reached the upstream since the last look. */
export type Probing = {
  readonly ask: () => Promise<Answer>
  readonly calls: () => Promise<number>
  readonly isOpen: () => Promise<boolean>
}

/** Well, failing, open, trying, recovered: what was not as it should be first; null where all was. */
export async function breakerProblem(
  ctx: CheckContext,
  config: BreakerLimits,
  upstream: HeldStub,
  probing: Probing,
  story: { failures: number },
): Promise<string | null> {
  const well = await probing.ask()
  if ((await probing.calls()) === 0)
    throw new CheckProblem(
      `${well.asked}: is served without a call to ${upstream.instance.id}; declare one that needs it`,
    )
  if (await probing.isOpen()) return 'the metrics say that the breaker is open while the upstream is well'
  await upstream.tell(config.failing)
  const opening = await untilRefused(config, probing, story)
  if (typeof opening === 'string') return opening
  const refusing = await refusals(config, probing)
  if (refusing !== null) return refusing
  const trying = await triesOnce(ctx, config, probing, opening.retryAfter)
  if (trying !== null) return trying
  await upstream.tell(config.normal)
  return recovers(ctx, config, probing)
}

/** Asks until a request is refused without a call to the upstream. */
async function untilRefused(
  { most, callsPerRequest }: BreakerLimits,
  { ask, calls }: Probing,
  story: { failures: number },
): Promise<string | { retryAfter: number }> {
  while (story.failures < most) {
    const answer = await orHang(ask)
    if (answer === null) return 'a request hangs while the upstream fails: a timeout is no open breaker'
    if (isServed(answer)) return `answers ${answer.status} while its upstream fails`
    const cost = await calls()
    if (cost > callsPerRequest)
      return `one request became ${cost} calls to a failing upstream: retries are no breaker`
    if (cost === 0) {
      const retryAfter = Number(answer.headers.get('retry-after') ?? Number.NaN)
      if (answer.status !== 503 || !Number.isFinite(retryAfter))
        return `an open breaker answers ${answer.status}${Number.isFinite(retryAfter) ? '' : ' without Retry-After'}, not 503 with one`
      return { retryAfter }
    }
    story.failures++
  }
  return `no breaker: ${story.failures} of ${most} requests in a row reached the failing upstream`
}

async function refusals(
  { refusedWithinMs }: BreakerLimits,
  { ask, calls, isOpen }: Probing,
): Promise<string | null> {
  const times: number[] = []
  for (let n = 0; n < REFUSALS; n++) times.push((await orHang(ask))?.durationMs ?? Number.POSITIVE_INFINITY)
  const median = times.sort((a, b) => a - b)[Math.floor(REFUSALS / 2)] ?? 0
  if (median > refusedWithinMs)
    return `a refusal takes ${Math.round(median)} ms, more than ${refusedWithinMs} ms`
  const reached = await calls()
  if (reached > 0) return `${reached} of ${REFUSALS} refused requests reached the upstream all the same`
  return (await isOpen()) ? null : 'the metrics do not show that the breaker is open'
}

/** After its time the breaker lets one call through, and no more than one, and opens again when that fails. */
async function triesOnce(
  ctx: CheckContext,
  { recoverWithin }: BreakerLimits,
  { ask, calls, isOpen }: Probing,
  retryAfter: number,
): Promise<string | null> {
  if (retryAfter > recoverWithin) return `Retry-After says ${retryAfter} s, more than ${recoverWithin} s`
  const until = performance.now() + recoverWithin * 1000
  while (performance.now() < until) {
    await wait(LOOK_EVERY_MS, undefined, { signal: ctx.signal })
    await Promise.all(Array.from({ length: REFUSALS }, () => orHang(ask)))
    const tried = await calls()
    if (tried > 1) return `${tried} calls at once try an upstream that still fails`
    if (tried === 1) return (await isOpen()) ? null : 'a failed try does not open the breaker again'
  }
  return `no call tries the upstream within ${recoverWithin} s`
}

async function recovers(
  ctx: CheckContext,
  { recoverWithin }: BreakerLimits,
  { ask, isOpen }: Probing,
): Promise<string | null> {
  const until = performance.now() + recoverWithin * 1000
  while (performance.now() < until) {
    const answer = await orHang(ask)
    if (answer !== null && isServed(answer))
      return (await isOpen()) ? 'the metrics say open though the upstream is called again' : null
    await wait(LOOK_EVERY_MS, undefined, { signal: ctx.signal })
  }
  return `still refused ${recoverWithin} s after the upstream is well again`
}

export const isServed = (answer: Answer): boolean =>
  answer.status >= 200 && answer.status < 300 && jsonOf(answer) !== null

/** Null where no answer comes in time. */
const orHang = (ask: () => Promise<Answer>): Promise<Answer | null> =>
  ask().catch((problem: unknown) => {
    if (problem instanceof NoAnswer) return null
    throw problem
  })
