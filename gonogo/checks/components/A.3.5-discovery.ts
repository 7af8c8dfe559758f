import { cp, mkdir, rename, rm } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { durationSchema } from '#core/duration.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { type McpSession, openMcp } from '../live/mcp-session.ts'
import { reasonForAbsence, skillsInstance, skillsPlace } from '../live/skill-listing.ts'

const config = z.strictObject({
  ...skillsPlace,
  /** Where the server looks for skills that are added; relative to the service file. */
  folder: z.string(),
  /** A skill to add, in the artifact. */
  skill: z.string(),
  tool: z.string(),
  input: z.record(z.string(), z.json()).default({}),
  contains: z.string().min(1),
  meta: z.record(z.string(), z.json()).default({}),
  within: durationSchema.default(15_000),
})

export type DiscoveryConfig = z.output<typeof config>

export const check = defineCheck<DiscoveryConfig>({
  id: 'A.3.5',
  title: 'Skill discovery tested',
  config,
  recheck: false,
  limitMs: 90_000,
  run,
})

const LOOK_EVERY_MS = 100

/** A skill that is put into the folder is listed, called and told of; taken away, it is gone, and that is told, too. */
async function run(ctx: CheckContext, config: DiscoveryConfig): Promise<CheckResult> {
  const instance = await skillsInstance(ctx, config)
  const source = `${config.skill} in ${config.folder}; ${instance.url}${config.path}`
  let told = 0
  const opened = await openMcp(ctx, instance, config.path, {
    toolsChanged: () => {
      told++
    },
  })
  if (opened.session === null) return fail(opened.problem, { claim: { problem: opened.problem }, source })
  const { session } = opened
  const place = join(resolve(ctx.root, config.folder), basename(config.skill))
  if (session.tools.includes(config.tool)) {
    await session.close()
    throw new CheckProblem(`${config.tool} is listed already; remove ${place}`)
  }
  try {
    const problem =
      (await added(ctx, config, session, place, () => told)) ??
      (await removed(ctx, config, session, place, () => told))
    if (problem === REFUSED) {
      const reason = await reasonForAbsence(ctx, instance, config.listing)
      if (reason !== null) throw new CheckProblem(`${config.tool} was not taken up: ${reason}`)
    }
    const rest = { claim: { tool: config.tool, problem }, source, population: '1 skill, added and removed' }
    if (problem !== null) return fail(problem, rest)
    return pass(`${config.tool} was listed, called and told of; removed, it was gone and told of`, rest)
  } finally {
    await rm(place, { recursive: true, force: true })
    await session.close()
  }
}

const REFUSED = 'a skill that is added is not listed'

async function added(
  ctx: CheckContext,
  config: DiscoveryConfig,
  session: McpSession,
  place: string,
  told: () => number,
): Promise<string | null> {
  const before = told()
  await putIn(resolve(ctx.root, ctx.release.artifact, config.skill), place)
  if (!(await within(ctx, config, async () => (await namesOf(session)).includes(config.tool)))) return REFUSED
  const { ok, text } = await session.call(config.tool, config.input, config.meta)
  if (!ok) return `${config.tool} is listed and cannot be called: ${text.slice(0, 120)}`
  if (!text.includes(config.contains))
    return `${config.tool} gives ${JSON.stringify(text.slice(0, 80))}, without ${config.contains}`
  if (!(await within(ctx, config, async () => told() > before)))
    return 'clients are not told of a skill that is added'
  return null
}

async function removed(
  ctx: CheckContext,
  config: DiscoveryConfig,
  session: McpSession,
  place: string,
  told: () => number,
): Promise<string | null> {
  const before = told()
  await rm(place, { recursive: true, force: true })
  if (!(await within(ctx, config, async () => !(await namesOf(session)).includes(config.tool))))
    return 'a skill that is removed is still listed'
  if ((await session.call(config.tool, config.input, config.meta)).ok)
    return 'a skill that is removed can still be called'
  if (!(await within(ctx, config, async () => told() > before)))
    return 'clients are not told of a skill that is removed'
  return null
}

const namesOf = async (session: McpSession): Promise<string[]> =>
  (await session.list()).map(({ name }) => name)

/** All of it appears at once: a server may look at any moment. */
async function putIn(skill: string, place: string): Promise<void> {
  const draft = `${place}.draft`
  try {
    await mkdir(resolve(place, '..'), { recursive: true })
    await rm(draft, { recursive: true, force: true })
    await cp(skill, draft, { recursive: true })
    await rename(draft, place)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    throw new CheckProblem(`${skill} cannot be put into ${place}: ${(error as Error).message}`)
  }
}

async function within(
  ctx: CheckContext,
  config: DiscoveryConfig,
  isSo: () => Promise<boolean>,
): Promise<boolean> {
  const until = performance.now() + config.within
  while (true) {
    if (await isSo()) return true
    if (performance.now() > until) return false
    await wait(LOOK_EVERY_MS, undefined, { signal: ctx.signal })
  }
}
