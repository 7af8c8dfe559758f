import { z } from 'zod'
import type { Instance } from '#targets/target.ts'
import {
  type Check,
  type CheckContext,
  CheckProblem,
  type CheckResult,
  defineCheck,
  fail,
  pass,
} from '../check.ts'
import { check as manifests } from '../components/A.3.1-manifests.ts'
import { check as permissions } from '../components/A.3.2-permissions.ts'
import { check as sandbox } from '../components/A.3.3-sandbox.ts'
import { check as limits } from '../components/A.3.4-limits.ts'
import { check as discovery } from '../components/A.3.5-discovery.ts'
import { releaseInstances, stagingOf } from '../live/instances.ts'
import { suspicionOf, textsIn } from '../live/instructions-to-model.ts'
import { type McpTool, openMcp } from '../live/mcp-session.ts'

const PROBES = [manifests, permissions, sandbox, limits, discovery] as unknown as readonly Check[]

const config = z.strictObject({
  component: z.string(),
  /** Every path at which models are shown tools. */
  paths: z.array(z.string().startsWith('/')).min(1).default(['/mcp']),
})

type Config = z.output<typeof config>

export const check = defineCheck<Config>({
  id: '1.2.7',
  title: 'MCP server security verified',
  config,
  recheck: false,
  // Those stop an instance for a moment, or keep it busy; users’ waiting is measured here.
  after: ['1.2.4', '1.2.6', '1.3.8'],
  limitMs: 300_000,
  run,
})

/** In staging: the probes of A.3, no description that orders the model about, and what changed of them since stable. */
async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const staging = stagingOf(ctx)
  const [instance] = await releaseInstances(ctx, staging, config.component)
  const source = `${config.paths.join(', ')} at ${instance.url}, and the probes of A.3`
  const now = await toolsOf(ctx, instance, config.paths)
  if ('problem' in now) return fail(now.problem, { claim: { problem: now.problem }, source })
  if (now.tools.length === 0)
    return fail('the server lists no tools', { claim: { problem: 'no tools' }, source })
  const changes = await changesSince(ctx, config, now.tools)
  const suspicion = firstSuspicion(now.tools)
  const found = suspicion === null ? await probed(ctx, staging) : []
  const bad = found.find(({ result }) => result.verdict === 'fail')
  const open = found.find(({ result }) => result.verdict === 'unknown')
  const problem = suspicion ?? (bad ? `${bad.id}: ${bad.result.summary}` : null)
  const rest = {
    claim: {
      tools: now.tools.map(({ name }) => name),
      changes,
      problem,
      probes: found.map(({ id, result }) => `${id} ${result.verdict}`),
    },
    source,
    population: `${now.tools.length} tools, ${found.length} of ${PROBES.length} probes of A.3`,
  }
  if (problem !== null) return fail(problem, rest)
  if (open) throw new CheckProblem(`${open.id}: ${open.result.summary}`)
  const said = changes.length === 0 ? 'nothing changed since stable' : `since stable: ${changes.join('; ')}`
  return pass(
    `${now.tools.length} descriptions order nothing, ${found.length} probes of A.3 hold; ${said}`,
    rest,
  )
}

type Found = { readonly id: string; readonly result: CheckResult }

/** The probes of A.3 as they are declared, on staging: side by side, but for the bombs, which come last or not at all. */
async function probed(ctx: CheckContext, staging: CheckContext['environment']): Promise<Found[]> {
  const missing = PROBES.find(({ id }) => ctx.service.checks[id] === undefined)
  if (missing)
    throw new CheckProblem(
      `${missing.id} is not declared; add checks: "${missing.id}": {…} to the service file`,
    )
  const found = await Promise.all(
    PROBES.filter(({ id }) => id !== limits.id && (id !== permissions.id || ctx.stable !== null)).map((one) =>
      probe(one, ctx, staging),
    ),
  )
  if (found.some(({ result }) => result.verdict === 'fail')) return found
  // Users' waiting is measured meanwhile, which the other probes would lengthen.
  return [...found, await probe(limits as unknown as Check, ctx, staging)]
}

async function probe(one: Check, ctx: CheckContext, staging: CheckContext['environment']): Promise<Found> {
  const result = await probeOnce(one, one.id === permissions.id ? ctx : { ...ctx, environment: staging })
  return { id: one.id, result }
}

async function probeOnce(one: Check, ctx: CheckContext): Promise<CheckResult> {
  const parsed = one.config.safeParse(ctx.service.checks[one.id])
  if (!parsed.success) throw new CheckProblem(`checks: "${one.id}": ${parsed.error.issues[0]?.message}`)
  try {
    return await one.run(ctx, parsed.data)
  } catch (problem) {
    if (!(problem instanceof CheckProblem)) throw problem
    return { verdict: 'unknown', summary: problem.message, claim: null, source: one.id }
  }
}

async function toolsOf(
  ctx: CheckContext,
  instance: Instance,
  paths: readonly string[],
): Promise<{ readonly tools: readonly McpTool[] } | { readonly problem: string }> {
  const tools: McpTool[] = []
  for (const path of paths) {
    const opened = await openMcp(ctx, instance, path)
    if (opened.session === null) return { problem: opened.problem }
    tools.push(...opened.session.described)
    await opened.session.close()
  }
  return { tools }
}

function firstSuspicion(tools: readonly McpTool[]): string | null {
  for (const { name, description, inputSchema } of tools)
    for (const text of [description, ...textsIn(inputSchema)]) {
      const what = suspicionOf(text)
      if (what !== null) return `${name}: its description ${what}: ${JSON.stringify(text.slice(0, 120))}`
    }
  return null
}

/** Tools that are new, gone, or described otherwise than by the stable version; empty on the first deployment. */
async function changesSince(
  ctx: CheckContext,
  { component, paths }: Config,
  now: readonly McpTool[],
): Promise<string[]> {
  if (ctx.stable === null) return []
  const stable = (await ctx.environment.stables()).find((one) => one.component === component)
  if (!stable)
    throw new CheckProblem(
      `no stable instance of ${component} runs in ${ctx.environment.name} to compare with`,
    )
  const before = await toolsOf(ctx, stable, paths)
  if ('problem' in before) throw new CheckProblem(`the stable version: ${before.problem}`)
  const old = new Map(before.tools.map((tool) => [tool.name, tool]))
  const changed = now.flatMap(({ name, description, inputSchema }) => {
    const was = old.get(name)
    if (!was) return [`${name} is new: ${description}`]
    if (was.description !== description) return [`${name} was “${was.description}”, is “${description}”`]
    return JSON.stringify(was.inputSchema) === JSON.stringify(inputSchema)
      ? []
      : [`${name} takes another input`]
  })
  return [
    ...changed,
    ...before.tools
      .filter(({ name }) => !now.some((one) => one.name === name))
      .map(({ name }) => `${name} is gone`),
  ]
}
