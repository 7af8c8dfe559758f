import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck, fail, pass, unknown } from '#checks/check.ts'
import { fillNames, readingEvidence } from '#checks/reading.ts'
import { TEMPLATE_NAMES } from '#core/checklist-runbook.ts'
import { sha256 } from '#core/json.ts'
import { probeLink } from './link-probe.ts'
import {
  checklistOf,
  formatRunbook,
  missingNames,
  type Names,
  namesFor,
  runbookSteps,
  shellProblem,
} from './runbook.ts'

const config = z.strictObject({
  /** Names that gonogo cannot know by itself, such as `log` or `backupFile`. */
  names: z.partialRecord(z.enum(TEMPLATE_NAMES), z.string().min(1)).default({}),
  /** Dashboards, documents and tickets that belong to the runbook; each must answer. */
  links: z.array(z.url({ protocol: /^https?$/ })).default([]),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '1.4.2',
  title: 'Deployment runbook prepared',
  config,
  bound: () => true,
  run: readingEvidence(run),
})

async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const own = Object.fromEntries(Object.entries(config.names).map(([k, v]) => [k, fillNames(v ?? '', ctx)]))
  const steps = runbookSteps(ctx, checklistOf(ctx), await namesFor(ctx, own as Names))
  const title = `Runbook: ${ctx.service.service} ${ctx.release.version} to ${ctx.environment.name}`
  const text = formatRunbook(title, steps, config.links)
  const evidence = await ctx.keep('runbook.md', 'text/markdown', text)
  const commands = steps.flatMap((step) => step.commands)
  const rest = {
    claim: { runbook: sha256(text), steps: steps.length, commands: commands.length },
    source: `Appendix B of ${ctx.service.checklist}`,
    population: `${commands.length} commands in ${steps.length} steps, ${config.links.length} links`,
    evidence: [evidence],
    blanks: { 'runbook-location': `runbook.md ${evidence.digest}` },
  }
  if (steps.length === 0) return unknown('the checklist has no runbook', rest)
  const missing = missingNames(steps)
  if (missing.length > 0)
    return fail(
      `commands without a real name for ${missing.join(', ')}; add names: under checks: 1.4.2`,
      rest,
    )
  const unread = await Promise.all(commands.map((command) => shellProblem(command, ctx.signal)))
  const broken = unread.findIndex((problem) => problem !== null)
  if (broken >= 0) return fail(`no shell can read “${commands[broken]}” (${unread[broken]})`, rest)
  const answers = await Promise.all(config.links.map((link) => probeLink(link, ctx.signal)))
  const dead = answers.filter(({ problem }) => problem !== null)
  if (dead.length > 0) return fail(dead.map(({ link, problem }) => `${link} ${problem}`).join('; '), rest)
  return pass(
    `${steps.length} steps with real names; ${answers.length} of ${answers.length} links answer`,
    rest,
  )
}
