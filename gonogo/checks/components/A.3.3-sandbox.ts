import { resolve } from 'node:path'
import { z } from 'zod'
import { runCommand } from '#connectors/command/index.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { type LaidOut, layOutTargets } from '../live/escape-targets.ts'
import { openMcp } from '../live/mcp-session.ts'
import { reasonForAbsence, skillsInstance, skillsPlace } from '../live/skill-listing.ts'

/** The ways out that a probe must try. */
export const ESCAPES = [
  ...[
    'shadow',
    'host-file',
    'environment',
    'processes',
    'signal',
    'tcp',
    'udp',
    'abstract-socket',
    'socket-file',
  ],
  ...['write-outside', 'write-own-code', 'run-program'],
]

const config = z.strictObject({
  ...skillsPlace,
  /** A tool that runs as skills run, is given `{targets}`, tries each way out and answers `{results: [{escape, managed}]}`. */
  tool: z.string().default('probe_escape'),
  meta: z.record(z.string(), z.json()).default({}),
  /** The same probe outside of any sandbox, on the same machine, run in the artifact; the tool and its input are added. */
  twin: z.array(z.string()).min(1),
  /** An address of this machine that the service's machine reaches. */
  host: z.string().default('127.0.0.1'),
})

export type SandboxConfig = z.output<typeof config>

export const check = defineCheck<SandboxConfig>({
  id: 'A.3.3',
  title: 'Sandbox isolation verified',
  config,
  limitMs: 60_000,
  run,
})

const answerSchema = z.object({
  results: z.array(z.object({ escape: z.string(), managed: z.boolean(), detail: z.string().default('') })),
})

type Tried = ReadonlyMap<string, boolean>

/** From inside, no way out leads anywhere, by the probe's word and by what was reached; from outside, each does. */
async function run(ctx: CheckContext, config: SandboxConfig): Promise<CheckResult> {
  const instance = await skillsInstance(ctx, config)
  const source = `${config.tool} at ${instance.url}${config.path}, and ${config.twin.join(' ')}`
  const opened = await openMcp(ctx, instance, config.path, { callMs: 20_000 })
  if (opened.session === null) return fail(opened.problem, { claim: { problem: opened.problem }, source })
  const { session } = opened
  try {
    if (!session.tools.includes(config.tool)) {
      const reason = await reasonForAbsence(ctx, instance, config.listing)
      throw new CheckProblem(
        `${config.tool} is not offered at ${config.path}: ${reason ?? 'declare path: and tool:'}`,
      )
    }
    const inside = await attempt(config.host, (input) => session.call(config.tool, input, config.meta))
    const outside = await attempt(config.host, (input) => runTwin(ctx, config, input))
    return judge(inside, outside, source)
  } finally {
    await session.close()
  }
}

type Attempt = { readonly tried: Tried; readonly reached: readonly string[] }

async function attempt(
  host: string,
  ask: (input: { targets: LaidOut['targets'] }) => Promise<{ ok: boolean; text: string }>,
): Promise<Attempt> {
  const laidOut = await layOutTargets(host)
  try {
    const { ok, text } = await ask({ targets: laidOut.targets })
    // A sandbox that failed to start refuses everything, too.
    if (!ok) throw new CheckProblem(`the probe did not run, which proves nothing: ${text.slice(0, 200)}`)
    const tried = new Map(read(text).map(({ escape: name, managed }) => [name, managed]))
    const left = ESCAPES.find((name) => !tried.has(name))
    if (left) throw new CheckProblem(`the probe does not say whether ${left} leads out`)
    return { tried, reached: laidOut.reached() }
  } finally {
    await laidOut.close()
  }
}

function judge(inside: Attempt, outside: Attempt, source: string): CheckResult {
  const managed = ESCAPES.filter((name) => inside.tried.get(name))
  const hidden = inside.reached.filter((name) => !managed.includes(name))
  const dud = ESCAPES.find((name) => !outside.tried.get(name))
  const rest = {
    claim: { refused: ESCAPES.filter((name) => !managed.includes(name)), managed, hidden: [...hidden] },
    source,
    population: `${ESCAPES.length} ways out, from inside and from outside`,
  }
  if (managed.length > 0) return fail(`the probe gets out by ${managed.join(', ')}`, rest)
  if (hidden.length > 0)
    return fail(`${hidden.join(', ')} was reached from inside, whatever the probe says`, rest)
  if (dud)
    throw new CheckProblem(
      `the probe does not manage ${dud} outside of the sandbox either, which proves nothing`,
    )
  return pass(
    `${ESCAPES.length} of ${ESCAPES.length} ways out are refused; outside of the sandbox each leads out`,
    rest,
  )
}

async function runTwin(ctx: CheckContext, { twin, tool }: SandboxConfig, input: object) {
  const cwd = resolve(ctx.root, ctx.release.artifact)
  const { ok, stdout, stderr } = await runCommand([...twin, tool, JSON.stringify(input)], {
    cwd,
    limitMs: 20_000,
  })
  return { ok, text: ok ? stdout : `twin: ${stderr}` }
}

function read(text: string): z.output<typeof answerSchema>['results'] {
  try {
    return answerSchema.parse(JSON.parse(text)).results
  } catch {
    throw new CheckProblem(`the probe answers ${JSON.stringify(text.slice(0, 80))}, not its results`)
  }
}
