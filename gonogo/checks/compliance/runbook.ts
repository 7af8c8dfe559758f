import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { type CheckContext, CheckProblem } from '#checks/check.ts'
import { clusterOf, isOnCluster, pathOf } from '#checks/live/service-cluster.ts'
import { deploymentSchema } from '#connectors/kubernetes/index.ts'
import { loadChecklist } from '#connectors/yaml-file/index.ts'
import type { Checklist } from '#core/checklist.ts'
import { fillTemplate, type TemplateName } from '#core/checklist-runbook.ts'

const PARSE_LIMIT_MS = 10_000

export type RunbookStep = {
  readonly number: number
  readonly part: string
  readonly title: string
  readonly commands: readonly string[]
}

/** The checklist that the service goes by. */
export function checklistOf(ctx: CheckContext): Checklist {
  const read = loadChecklist(resolve(ctx.root, ctx.service.checklist))
  if (!read.ok)
    throw new CheckProblem(`${ctx.service.checklist}: ${read.problems[0]?.message ?? 'cannot be read'}`)
  return read.value
}

/** Appendix B for this release: each command with the names of what it is run on. */
export function runbookSteps(ctx: CheckContext, checklist: Checklist, names: Names): RunbookStep[] {
  const kind = targetOf(ctx).kind
  return checklist.appendices.runbook.map(({ number, part, title, commands }) => {
    const templates = commands[kind]
    if (!templates)
      throw new CheckProblem(`the checklist has no command of step ${number} for the target ${kind}`)
    return { number, part, title, commands: templates.map((template) => fillTemplate(template, names)) }
  })
}

export type Names = Partial<Record<TemplateName, string>>

/** Real names: of the release, of what runs, of the target's own block, of the cluster, and those the configuration adds. */
export async function namesFor(ctx: CheckContext, more: Names): Promise<Names> {
  const target = targetOf(ctx)
  const named = (key: string): Names => (typeof target[key] === 'string' ? { [key]: target[key] } : {})
  return {
    service: ctx.service.service,
    version: ctx.release.version,
    artifact: ctx.release.artifact,
    ...(ctx.stable && { stableVersion: ctx.stable.version }),
    ...(ctx.environment.url !== '' && { url: ctx.environment.url.replace(/\/$/, '') }),
    ...(target.kind === 'processes' && { log: `${folderOf(ctx)}/logs/*.log` }),
    ...named('namespace'),
    ...named('deployment'),
    ...named('image'),
    ...named('manifest'),
    ...(isOnCluster(ctx) && (await clusterNames(ctx))),
    ...more,
  }
}

/** The public component's Deployment is what the document's commands are about. */
async function clusterNames(ctx: CheckContext): Promise<Names> {
  const { config, cluster, namespace, declared } = clusterOf(ctx)
  const place = Object.values(config.components).findIndex((one) => one.public)
  const main = declared[place]
  const deployment = main?.metadata.name ?? ''
  const live = main && (await cluster.find(pathOf(main, namespace), deploymentSchema))
  const revision = live?.metadata.annotations['deployment.kubernetes.io/revision']
  return {
    deployment,
    image: `${ctx.release.artifact.split('@')[0]}@${ctx.release.digest}`,
    manifest: Object.values(config.components)[place]?.manifest ?? '',
    backupFile: `${deployment}-before-${ctx.release.version}.yaml`,
    ...(revision !== undefined && { stableRevision: revision }),
  }
}

/** Where an environment's processes write, as the service file has it. */
const folderOf = (ctx: CheckContext): string =>
  ctx.service.environments[ctx.environment.name]?.folder ?? `.gonogo/environments/${ctx.environment.name}`

function targetOf(ctx: CheckContext): { readonly kind: string; readonly [key: string]: unknown } {
  const environment = ctx.service.environments[ctx.environment.name]
  if (!environment)
    throw new CheckProblem(`the environment ${ctx.environment.name} is not in the service file`)
  return environment.target
}

/** Names that a command still lacks. */
export const missingNames = (steps: readonly RunbookStep[]): string[] => [
  ...new Set(
    steps.flatMap((step) =>
      step.commands.flatMap((c) => [...c.matchAll(/\{\{(\w+)\}\}/g)].map((m) => m[1] ?? '')),
    ),
  ),
]

/** What a shell says of a command that it cannot read; null when it can, or when there is no shell to ask. */
export function shellProblem(command: string, signal: AbortSignal): Promise<string | null> {
  return new Promise((done) => {
    execFile('sh', ['-n', '-c', command], { signal, timeout: PARSE_LIMIT_MS }, (error, _stdout, stderr) => {
      const isMissing = (error as NodeJS.ErrnoException | null)?.code === 'ENOENT'
      done(error && !isMissing ? stderr.trim().split('\n')[0] || error.message : null)
    })
  })
}

/** The runbook as Markdown. */
export function formatRunbook(
  title: string,
  steps: readonly RunbookStep[],
  links: readonly string[],
): string {
  const parts = [...new Set(steps.map((step) => step.part))]
  const sections = parts.map((part) => {
    const own = steps.filter((step) => step.part === part)
    return [`## ${part}`, ...own.map((s) => `${s.number}. ${s.title}\n\n${fence(s.commands)}`)].join('\n\n')
  })
  const tail = links.length > 0 ? [`## Links\n\n${links.map((link) => `- <${link}>`).join('\n')}`] : []
  return `${[`# ${title}`, ...sections, ...tail].join('\n\n')}\n`
}

const fence = (commands: readonly string[]): string =>
  `   \`\`\`sh\n${commands.map((c) => `   ${c}`).join('\n')}\n   \`\`\``
