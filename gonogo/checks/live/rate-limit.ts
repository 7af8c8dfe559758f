import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import {
  type CheckContext,
  CheckProblem,
  type CheckResult,
  type EnvironmentAccess,
  fail,
  pass,
} from '../check.ts'
import { type Instances, releaseInstances } from './instances.ts'
import { type Answer, jsonOf, probe } from './probe.ts'

const AT_ONCE = 25
const SECOND_INSTANCE_TRIES = 5
/** A limit may give way a little after it said it would. */
const GRACE_MS = 1500
const RETRY_MS = 100

export const rateLimitSchema = z.strictObject({
  /** A cheap GET that counts against the limit. */
  path: z.string().startsWith('/'),
  /** Key of the caller who goes over the limit; better one that nothing else uses. */
  token: z.string().default('otherToken'),
  /** Key of another caller, who must not notice. */
  other: z.string().default('userToken'),
  /** Requests after which no limit is taken to be there. */
  most: z.number().int().min(1).max(20_000).default(2000),
  /** Longest wait for the limit to give way again, in seconds. */
  recoverWithin: z.number().positive().max(75).default(65),
})

export type RateLimit = z.infer<typeof rateLimitSchema>

/** Over the limit on purpose, with one caller, on the release's instances in the environment. */
export async function tryRateLimit(
  ctx: CheckContext,
  environment: EnvironmentAccess,
  config: RateLimit,
): Promise<CheckResult> {
  const instances = await releaseInstances(ctx, environment)
  const [token, other] = [await environment.access(config.token), await environment.access(config.other)]
  if (token === other)
    throw new CheckProblem(
      `access.${config.token} and access.${config.other} are one token; it takes two callers`,
    )
  const ask = (url: string, bearer: string) => probe(ctx.signal, url, config.path, { token: bearer })
  const { admitted, problem } = await problemOf(ctx, instances, config, ask, { token, other })
  const rest = {
    claim: { path: config.path, instances: instances.length > 1 ? 'several' : 'one', problem },
    source: `GET ${config.path} at ${instances.map(({ url }) => url).join(', ')}`,
    population: `${admitted} requests admitted on ${instances.length} instances`,
  }
  if (problem !== null) return fail(problem, rest)
  const over = instances.length > 1 ? ', over all instances' : ''
  return pass(
    `429 with Retry-After after ${admitted} requests${over}; another caller is served, and the limit recovers`,
    rest,
  )
}

type Ask = (url: string, token: string) => Promise<Answer>

async function problemOf(
  ctx: CheckContext,
  [first, second]: Instances,
  { path, most, recoverWithin }: RateLimit,
  ask: Ask,
  { token, other }: { token: string; other: string },
): Promise<{ admitted: number; problem: string | null }> {
  const burst = await burstOf(most, () => ask(first.url, token))
  const { admitted, strange, refused } = burst
  if (strange)
    return { admitted, problem: `${path} answers ${strange.status} ${strange.mediaType} in a burst` }
  if (!refused) return { admitted, problem: `no limit: ${admitted} requests in a row were served` }
  if (admitted === 0)
    throw new CheckProblem(
      `${path}: the caller is over its limit before the first request; use a token of its own`,
    )
  const retryAfter = retryAfterOf(refused)
  if (retryAfter === null) return { admitted, problem: '429 comes without a Retry-After' }
  if (second && !(await refusesSome(() => ask(second.url, token))))
    return {
      admitted,
      problem: `each instance counts for itself: ${second.id} serves a caller that ${first.id} refuses`,
    }
  const others = await ask(first.url, other)
  if (!isServed(others))
    return { admitted, problem: `another caller gets ${others.status}: the limit is shared by all callers` }
  if (retryAfter > recoverWithin)
    return { admitted, problem: `Retry-After says ${retryAfter} s, more than ${recoverWithin} s` }
  await wait(retryAfter * 1000, undefined, { signal: ctx.signal })
  const status = await statusWhenServed(ctx, () => ask(first.url, token))
  if (status !== null)
    return { admitted, problem: `still ${status} after the ${retryAfter} s that Retry-After says` }
  return { admitted, problem: null }
}

type Burst = { admitted: number; refused: Answer | null; strange: Answer | null }

async function burstOf(most: number, ask: () => Promise<Answer>): Promise<Burst> {
  let admitted = 0
  while (admitted < most) {
    const answers = await Promise.all(Array.from({ length: Math.min(AT_ONCE, most - admitted) }, ask))
    const strange = answers.find((answer) => !isServed(answer) && !isRefusal(answer)) ?? null
    admitted += answers.filter(isServed).length
    const refused = answers.find(isRefusal) ?? null
    if (strange || refused) return { admitted, refused, strange }
  }
  return { admitted, refused: null, strange: null }
}

/** Null as soon as a request is served; the last status when none was within the grace. */
async function statusWhenServed(ctx: CheckContext, ask: () => Promise<Answer>): Promise<number | null> {
  const until = performance.now() + GRACE_MS
  while (true) {
    const answer = await ask()
    if (isServed(answer)) return null
    if (performance.now() > until) return answer.status
    await wait(RETRY_MS, undefined, { signal: ctx.signal })
  }
}

/** A limit that holds over instances refuses here, too; a few tries, since a request may have become free meanwhile. */
async function refusesSome(ask: () => Promise<Answer>): Promise<boolean> {
  return (await Promise.all(Array.from({ length: SECOND_INSTANCE_TRIES }, ask))).some(isRefusal)
}

const isServed = (answer: Answer): boolean =>
  answer.status >= 200 && answer.status < 300 && jsonOf(answer) !== null
const isRefusal = (answer: Answer): boolean => answer.status === 429

/** Seconds, from a number or a date; null when there is none that can be gone by. */
function retryAfterOf({ headers }: Answer): number | null {
  const text = headers.get('retry-after')?.trim()
  if (!text) return null
  const seconds = /^\d+$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000
  return Number.isFinite(seconds) ? Math.max(0, Math.ceil(seconds)) : null
}
