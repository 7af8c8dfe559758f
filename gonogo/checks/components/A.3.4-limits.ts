import { z } from 'zod'
import { durationSchema } from '#core/duration.ts'
import type { Instance } from '#targets/target.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { releaseInstances } from '../live/instances.ts'
import { applyLoad, type Load } from '../live/load.ts'
import { type McpSession, openMcp } from '../live/mcp-session.ts'
import { environmentOf, reasonForAbsence, skillsInstance, skillsPlace } from '../live/skill-listing.ts'

const goals = z.strictObject({
  memory: z
    .number()
    .positive()
    .default(1024 ** 3),
  fork: z.number().int().positive().default(40),
  /** Seconds of processor time. */
  spin: z.number().positive().default(10),
  disk: z
    .number()
    .positive()
    .default(64 * 1024 ** 2),
  output: z
    .number()
    .positive()
    .default(16 * 1024 ** 2),
})

const config = z.strictObject({
  ...skillsPlace,
  /** A tool that is given `{kind, goal}`, uses up that much and answers `{reached}`; for output, in an answer that long. */
  tool: z.string().default('probe_exhaust'),
  meta: z.record(z.string(), z.json()).default({}),
  /** What each bomb would use without a limit: above every limit, and little enough for the machine. */
  goals: goals.prefault({}),
  /** A path of the public component that users ask; its response times are measured before and meanwhile. */
  users: z.strictObject({
    path: z.string().startsWith('/'),
    token: z.string().optional(),
    rate: z.number().positive().default(25),
    /** How long they are measured before the bombs. */
    window: durationSchema.default(3000),
    /** How many times slower the slowest hundredth may become, and what counts as no difference. */
    ratio: z.number().min(1).default(2),
    slackMs: z.number().nonnegative().default(20),
  }),
})

export type LimitsConfig = z.output<typeof config>
type Kind = keyof LimitsConfig['goals']

export const check = defineCheck<LimitsConfig>({
  id: 'A.3.4',
  title: 'Resource limits enforced',
  config,
  recheck: false,
  limitMs: 180_000,
  run,
})

const KINDS: readonly Kind[] = ['memory', 'fork', 'spin', 'disk', 'output']
/** Users are asked for so long at least, however soon the bombs are over. */
const SHORTEST_MS = 1000
/** Little enough for any limit: by it the probe shows that it works. */
const LITTLE: Readonly<Record<Kind, number>> = {
  memory: 8 * 1024 ** 2,
  fork: 1,
  spin: 0.05,
  disk: 1024 ** 2,
  output: 500,
}

/** Each bomb is stopped before its goal, after each the server still serves, and users notice nothing of it. */
async function run(ctx: CheckContext, config: LimitsConfig): Promise<CheckResult> {
  const bombed = await bombUnderLoad(ctx, config)
  const { source } = bombed
  if (!('meanwhile' in bombed)) return fail(bombed.problem, { claim: { problem: bombed.what }, source })
  const { idle, meanwhile, result, problem } = bombed
  const rest = {
    claim: { stopped: KINDS.filter((kind) => !result?.startsWith(kind)), problem },
    source,
    population: `${KINDS.length} bombs, ${meanwhile.sent} requests of users meanwhile`,
  }
  if (problem !== null) return fail(problem, rest)
  return pass(
    `${KINDS.length} of ${KINDS.length} bombs were stopped; users’ p99 was ${round(idle.p99Ms)} ms before and ${round(meanwhile.p99Ms)} ms meanwhile`,
    rest,
  )
}

type Bombed =
  | {
      readonly source: string
      readonly idle: Load
      /** Every request while there were bombs. */
      readonly meanwhile: Load
      /** What is wrong with the bombs; null when nothing is. */
      readonly result: string | null
      readonly problem: string | null
    }
  | { readonly source: string; readonly what: string; readonly problem: string }

/** Every bomb once, beside users' requests; `problem`: the first thing that is wrong, null when nothing is. */
export async function bombUnderLoad(ctx: CheckContext, config: LimitsConfig): Promise<Bombed> {
  const instance = await skillsInstance(ctx, config)
  const environment = environmentOf(ctx, config.environment)
  const [front] = await releaseInstances(ctx, environment)
  const token = config.users.token === undefined ? undefined : await environment.access(config.users.token)
  const source = `${config.tool} at ${instance.url}${config.path}; ${config.users.path} at ${front.url}`
  const opened = await openMcp(ctx, instance, config.path, { callMs: 30_000 })
  if (opened.session === null) return { source, what: opened.problem, problem: opened.problem }
  const { session } = opened
  try {
    if (!session.tools.includes(config.tool)) {
      const reason = await reasonForAbsence(ctx, instance, config.listing)
      throw new CheckProblem(
        `${config.tool} is not offered at ${config.path}: ${reason ?? 'declare path: and tool:'}`,
      )
    }
    const { path, rate, window } = config.users
    const ask = (durationMs: number, meanwhile?: () => Promise<unknown>) =>
      applyLoad(ctx, front.url, path, token === undefined ? [] : [token], { rate, durationMs, meanwhile })
    const idle = await ask(window)
    if (idle.failed > 0) return { source, what: 'idle', problem: `${idle.firstFailure}, before any bomb` }
    await mustWork(session, config)
    let bombing: ReturnType<typeof bombAll> = Promise.resolve(null)
    // No longer than there are bombs: what is quick afterwards would hide what was slow meanwhile.
    const meanwhile = await ask(Math.min(SHORTEST_MS, window), () => {
      bombing = bombAll(session, config)
      return bombing
    })
    const result = await bombing
    const problem =
      result ?? slownessOf(idle.p99Ms, meanwhile, config) ?? (await restartOf(ctx, config, instance))
    return { source, idle, meanwhile, result, problem }
  } finally {
    await session.close()
  }
}

const round = (ms: number): number => Math.round(ms * 10) / 10

/** What a bomb came to; null when there is no answer, or none that tells. */
async function blastOf(
  session: McpSession,
  { tool, meta }: LimitsConfig,
  kind: Kind,
  goal: number,
): Promise<{ ok: boolean; reached: number | null; text: string }> {
  const { ok, text } = await session.call(tool, { kind, goal }, meta)
  if (kind === 'output' && ok) return { ok, reached: text.length, text }
  try {
    const { reached } = JSON.parse(text) as { reached?: unknown }
    return { ok, reached: ok && typeof reached === 'number' ? reached : null, text }
  } catch {
    return { ok, reached: null, text }
  }
}

/** A probe that fails at everything would look as if every limit held. */
async function mustWork(session: McpSession, config: LimitsConfig): Promise<void> {
  for (const kind of KINDS) {
    const { ok, reached, text } = await blastOf(session, config, kind, LITTLE[kind])
    if (!ok || reached === null || reached < LITTLE[kind])
      throw new CheckProblem(
        `the probe does not even reach ${LITTLE[kind]} of ${kind}, so that its end proves no limit: ${text.slice(0, 120)}`,
      )
  }
}

/** The first thing that is wrong; null when every bomb was stopped and the server served after each. */
async function bombAll(session: McpSession, config: LimitsConfig): Promise<string | null> {
  for (const kind of KINDS) {
    const goal = config.goals[kind]
    const { ok, reached, text } = await blastOf(session, config, kind, goal)
    if (reached !== null && reached >= goal) return `${kind}: the bomb reached ${goal}, no limit stopped it`
    if (ok && reached === null)
      throw new CheckProblem(
        `${kind}: the probe answers ${JSON.stringify(text.slice(0, 80))}, not how far it came`,
      )
    const after = await blastOf(session, config, 'disk', LITTLE.disk)
    if (!after.ok) return `${kind}: the server does not serve the probe any more: ${after.text.slice(0, 120)}`
  }
  return null
}

function slownessOf(idleMs: number, { p99Ms, firstFailure }: Load, { users }: LimitsConfig): string | null {
  if (firstFailure !== null) return `users notice the bombs: ${firstFailure}`
  const bound = Math.max(idleMs * users.ratio, idleMs + users.slackMs)
  return p99Ms > bound ? `users notice the bombs: p99 ${round(p99Ms)} ms, before ${round(idleMs)} ms` : null
}

async function restartOf(ctx: CheckContext, config: LimitsConfig, before: Instance): Promise<string | null> {
  const now = (await environmentOf(ctx, config.environment).target.observe()).instances.find(
    ({ id }) => id === before.id,
  )
  if (!now) return `${before.id} is gone after the bombs`
  return now.restarts !== before.restarts || now.pid !== before.pid
    ? `${before.id} was restarted by the bombs`
    : null
}
