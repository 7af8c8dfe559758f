import type { Command } from 'commander'
import type { Plan, PlanItem } from '#core/planned.ts'
import { ROLES } from '#core/roles.ts'
import { EXIT, Refusal } from '#engine/exit-codes.ts'
import { makeWorkspacePlan, releaseByLog } from '#engine/open-deployment.ts'
import { plannedOnCluster } from '#engine/planned-on-cluster.ts'
import type { PlannedChange } from '#targets/kubernetes/planned-changes.ts'
import { action } from '../command.ts'
import { loadReleaseOf, loadWorkspace } from '../load.ts'

type Options = { readonly diff: boolean; readonly environment: string }

export function registerPlan(root: Command): void {
  const command = root
    .command('plan')
    .description('each item: does it apply, how is it proved, by whom, what is still unbound')
    .argument(
      '[release]',
      'a version in the releases folder; without one, what depends on the release is shown as such',
    )
    .option(
      '--diff',
      'the objects that would change in the cluster, by server-side dry runs; nothing is changed',
      false,
    )
    .option('--environment <name>', 'the environment', 'production')
    .addHelpText('after', '\nExample: gonogo plan v1.2.3 --diff')
  action<Options>(command, async (options, [version], globals, output) => {
    const workspace = loadWorkspace(globals.file)
    const release = version ? loadReleaseOf(workspace, version, null) : null
    const stable = options.diff ? releaseByLog(workspace.root, options.environment) : undefined
    const plan = makeWorkspacePlan(workspace, release, stable)
    if (options.diff && !release)
      throw new Refusal('no-release', 'name a release: gonogo plan VERSION --diff')
    const onCluster = release
      ? await plannedOnCluster(workspace, options.environment, release, options.diff ? plan : null)
      : { warnings: [], changes: null }
    for (const warning of onCluster.warnings) output.say(`! ${warning}`)
    output.result(onCluster.changes ? changesText(onCluster.changes) : planText(plan), {
      version: 1,
      release: version ?? null,
      counts: plan.counts,
      items: plan.items,
      ...onCluster,
    })
    return EXIT.good
  })
}

const MARKS = { create: '+', change: '~', none: ' ', refused: '✗' } as const
const MOMENTS = {
  migrate: 'before the deployment',
  deploy: 'with the deployment',
  step: 'with each step, here the first',
  promote: 'with the promotion',
} as const

function changesText(changes: readonly PlannedChange[]): string {
  const lines = changes.flatMap(({ kind, name, when, action, lines }) => [
    `${MARKS[action]} ${kind} ${name}: ${WORDS[action]} ${MOMENTS[when]}`,
    ...lines.map((line) => `    ${line}`),
  ])
  return [
    ...lines,
    'From the promotion on the version before goes on as NAME-previous, until the watch ends. Nothing was changed.',
  ].join('\n')
}

const WORDS = { create: 'made', change: 'changed', none: 'as it is', refused: 'refused' } as const

function planText(plan: Plan): string {
  const lines: string[] = []
  let section = ''
  for (const item of plan.items) {
    if (item.section !== section) lines.push('', item.section)
    section = item.section
    lines.push(`  ${item.id.padEnd(8)} ${item.title.padEnd(44)} ${wayOf(item)}`)
  }
  const { counts } = plan
  const sum = `${counts.byCheck} by a check + ${counts.byDeployment} by the deployment + ${counts.byPerson} by a person + ${counts.notApplicable} not applicable`
  const open = counts.later > 0 ? `; ${counts.later} depend on what is not known yet` : ''
  return [...lines, '', `${counts.items} items = ${sum}${open}`].join('\n').trimStart()
}

function wayOf(item: PlanItem): string {
  if (item.applies === 'no') return `– not applicable: ${item.reason}`
  const later = item.applies === 'later' ? ` (${item.reason})` : ''
  if (item.proof === 'check') return `✓ check${later}`
  if (item.proof === 'deployment') return `✓ the deployment's log${later}`
  return `☑ ${ROLES[item.role]}${later}${item.unboundReason ? ` · ${item.unboundReason}` : ''}`
}
