import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { releaseInstances } from '../live/instances.ts'
import { type McpSession, openMcp } from '../live/mcp-session.ts'

const config = z.strictObject({
  component: z.string(),
  path: z.string().startsWith('/').default('/mcp'),
  /** Metadata that the server wants with a call, such as for whom it is made. */
  meta: z.record(z.string(), z.json()).default({}),
  /** A known input and output for every tool that the server lists. */
  cases: z
    .array(
      z.strictObject({
        tool: z.string(),
        input: z.record(z.string(), z.json()),
        contains: z.string().min(1),
        /** True where the known output is a refusal. */
        refused: z.boolean().default(false),
      }),
    )
    .min(1),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '3.3.2.3',
  title: 'MCP skills function correctly',
  config,
  limitMs: 30_000,
  run,
})

const NO_TOOL = 'gonogo_no_such_tool'

/** Every tool that a new instance lists is called with a known input, and a tool that is not there is refused. */
async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const [instance] = await releaseInstances(ctx, ctx.environment, config.component)
  const source = `${instance.url}${config.path}`
  const opened = await openMcp(ctx, instance, config.path)
  if (opened.session === null) return fail(opened.problem, { claim: { tools: [] }, source })
  const { session } = opened
  try {
    const problems = await problemsOf(session, config)
    const rest = {
      claim: { tools: session.tools, problems },
      source,
      population: `${config.cases.length} calls of ${session.tools.length} tools`,
    }
    const [problem] = problems
    if (problem) return fail(problem, rest)
    return pass(`${session.tools.length} of ${session.tools.length} tools give the known output`, rest)
  } finally {
    await session.close()
  }
}

async function problemsOf({ tools, call }: McpSession, { cases, meta }: Config): Promise<string[]> {
  if (tools.length === 0) return ['the server lists no tool']
  const problems = tools
    .filter((tool) => !cases.some((one) => one.tool === tool))
    .map((tool) => `${tool} is listed and has no case; add one under checks: "3.3.2.3"`)
  for (const { tool, input, contains, refused } of cases) {
    if (!tools.includes(tool)) problems.push(`${tool} is not listed`)
    const { ok, text } = await call(tool, input, meta)
    if (!ok && !refused) problems.push(`${tool} fails: ${text.slice(0, 100)}`)
    else if (ok && refused) problems.push(`${tool} does what it must refuse`)
    else if (!text.includes(contains))
      problems.push(`${tool} gives ${JSON.stringify(text.slice(0, 80))}, without ${contains}`)
  }
  // A server that answers everything has called nothing.
  if ((await call(NO_TOOL, {}, meta)).ok) problems.push('a tool that does not exist answers, too')
  return problems
}
