import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Instance } from '#targets/target.ts'
import {
  type CheckContext,
  CheckProblem,
  type CheckResult,
  defineCheck,
  type EnvironmentAccess,
  fail,
  pass,
  unknown,
} from '../check.ts'
import { type Ask, askAgent, askSchema, insteadOf } from '../live/ask-agent.ts'
import { declared } from '../live/declared.ts'
import { releaseInstances, stagingOf } from '../live/instances.ts'
import { fill, freshValues, type Values } from '../live/journey.ts'
import { probe } from '../live/probe.ts'
import { companionOf } from '../live/stub.ts'

const LOOK_EVERY_MS = 100
const FORGET_MS = 5_000

const config = z.strictObject({
  ask: askSchema.optional(),
  /** What is told, and what is asked for it in another conversation; the answer must hold `{{unique}}`. */
  tell: z.string().includes('{{unique}}').default('Remember that my boat is called {{unique}}'),
  recall: z.string().default('What do you know about me?'),
  /** Key of another user, who must learn nothing of it. */
  other: z.string().default('otherToken'),
  /** The components in which a memory could be held in process; each is ended, and started again by what runs it. */
  restart: z.array(z.string()).min(1).optional(),
  /** They answer again within this many seconds. */
  within: z.number().positive().max(120).default(30),
  /** A DELETE here ends what was told. */
  forget: z.string().startsWith('/').optional(),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: 'A.2.4',
  title: 'Agent memory persistence tested',
  config,
  recheck: false,
  limitMs: 180_000,
  run,
})

type Talk = { readonly say: (text: string, key: string, values: Values) => Promise<string | null> }

/**
 * Told, ended, started, asked. It is done in staging where there is one: a restart is to be seen by nobody, and counts
 * against the instances of the environment it happens in.
 */
async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const environment = ctx.service.staging === undefined ? ctx.environment : stagingOf(ctx)
  const ask = declared(ctx, config.ask, 'ask: { path: /… }')
  const names = declared(ctx, config.restart, 'restart: [the component that runs the agent]')
  const [instance] = await releaseInstances(ctx, environment)
  if ((await environment.access(ask.token)) === (await environment.access(config.other)))
    throw new CheckProblem(`access.${ask.token} and access.${config.other} are one token; it takes two users`)
  const talk = talkWith(ctx, environment, instance, ask)
  const values = freshValues()
  let left: string | null = null
  const problem = await problemOf(ctx, config, environment, instance, talk, {
    values,
    names,
    own: ask.token,
  }).finally(async () => {
    left = await leftBehind(instance, config.forget, await environment.access(ask.token))
  })
  const rest = {
    claim: { restarted: names, problem },
    source: `${ask.path} at ${instance.url} in ${environment.name}`,
    population: '1 thing told, 2 users asked, before and after a restart',
  }
  if (problem !== null) return fail(problem, rest)
  if (left !== null) return unknown(left, rest)
  return pass(
    `what was told is remembered after ${names.join(' and ')} started anew, and another user is told nothing of it`,
    rest,
  )
}

/** Ends what was told; why it may still be there, or null. It has time of its own: the check's may be over. */
async function leftBehind(
  instance: Instance,
  forget: string | undefined,
  token: string,
): Promise<string | null> {
  if (forget === undefined) return null
  const request = { method: 'DELETE', token }
  try {
    const { asked, status } = await probe(AbortSignal.timeout(FORGET_MS), instance.url, forget, request)
    return status >= 200 && status < 300 ? null : `what was told is left behind: ${asked} answers ${status}`
  } catch (problem) {
    return `what was told is left behind: ${(problem as Error).message}`
  }
}

const talkWith = (ctx: CheckContext, environment: EnvironmentAccess, instance: Instance, ask: Ask): Talk => ({
  say: async (text, key, values) => {
    const words = { text: fill(text, values), conversation: `g${freshValues().unique}` }
    const told = await askAgent(ctx.signal, instance.url, ask, await environment.access(key), words)
    if (told.said === null || told.isFallback) throw new NoReply(insteadOf(told))
    return told.said
  },
})

/** Something else than an agent's answer came. */
class NoReply extends Error {}

async function problemOf(
  ctx: CheckContext,
  config: Config,
  environment: EnvironmentAccess,
  instance: Instance,
  { say }: Talk,
  { values, names, own }: { values: Values; names: readonly string[]; own: string },
): Promise<string | null> {
  const wanted = values.unique ?? ''
  const knows = async (key: string) => (await say(config.recall, key, values))?.includes(wanted) === true
  try {
    if (await knows(own))
      throw new CheckProblem('the agent knows what nobody told it: its answers prove nothing')
    await say(config.tell, own, values)
    if (!(await knows(own))) return 'what was told is not remembered in another conversation'
    if (await knows(config.other)) return 'another user is told what the first one said'
    for (const name of names) await restart(ctx, environment, instance, name, config.within)
    if (!(await knows(own))) return `what was told is forgotten when ${names.join(' and ')} starts anew`
    return (await knows(config.other)) ? 'after a restart another user is told what the first one said' : null
  } catch (problem) {
    if (problem instanceof NoReply) return `the agent answers ${problem.message}`
    throw problem
  }
}

/** Ends the process and waits for the one that takes its place, which must be another. */
async function restart(
  ctx: CheckContext,
  environment: EnvironmentAccess,
  user: Instance,
  name: string,
  within: number,
): Promise<void> {
  const before = await companionOf(ctx, environment, user, name)
  if (before.pid === null) throw new CheckProblem(`${before.id} cannot be restarted from here`)
  process.kill(before.pid, 'SIGTERM')
  const until = performance.now() + within * 1000
  while (performance.now() < until) {
    await wait(LOOK_EVERY_MS, undefined, { signal: ctx.signal })
    const { instances } = await environment.target.observe()
    const now = instances.find(({ id }) => id === before.id)
    const isPublicReady = instances.find(({ id }) => id === user.id)?.ready === true
    if (now?.ready && now.pid !== null && now.pid !== before.pid && isPublicReady) return
  }
  throw new CheckProblem(`${before.id} was ended, and is not ready again after ${within} s`)
}
