import type { Command } from 'commander'
import { formatDuration } from '#core/duration.ts'
import type { CheckSettled, Recorded } from '#core/events.ts'
import { gateView } from '#core/gates.ts'
import { itemStatus } from '#core/items.ts'
import { type DeploymentState, heldBy } from '#core/state.ts'
import { ITEM_STATES, type ItemState, STATE_MARKS } from '#core/verdict.ts'
import { readDrills } from '#engine/drill-record.ts'
import { EXIT, Refusal } from '#engine/exit-codes.ts'
import { readState } from '#engine/journal.ts'
import { openDeploymentOf } from '#engine/open-deployment.ts'
import { openLog, type Workspace } from '#engine/workspace.ts'
import type { Store } from '#store/store.ts'
import { action } from '../command.ts'
import { loadWorkspace } from '../load.ts'
import { nextLines } from '../next-queue.ts'
import { markSeen, sinceYouLeft } from '../since-left.ts'

export function registerStatus(root: Command): void {
  const command = root
    .command('status')
    .description('where a deployment stands: counts, votes, what blocks, what is next and whose')
    .argument('[deployment]', 'its id; the newest without one')
    .option('--items', 'every item with its state and value')
    .addHelpText('after', '\nExample: gonogo status --items')
  action<{ items?: boolean }>(command, async (options, [id], globals, output) => {
    const workspace = loadWorkspace(globals.file)
    const store = openLog(workspace.root)
    const state = pick(store, workspace, id)
    const now = Date.now()
    const since = output.json ? null : sinceYouLeft(workspace.root, store, state, now)
    output.result(
      [
        ...(since ? [since] : []),
        statusText(state, now, options.items ? readDrills(workspace.root) : null),
      ].join('\n'),
      statusJson(state, now),
    )
    if (!output.json) markSeen(workspace.root, state)
    store.close()
    return state.closed && state.closed.status !== 'success' ? EXIT.notGood : EXIT.good
  })
}

/** The named deployment, or the newest. Throws a Refusal when there is none. */
export function pick(store: Store, _workspace: Workspace, id: string | undefined): DeploymentState {
  const wanted = id ?? store.streams().at(-1)
  const state = wanted ? readState(store, wanted) : null
  if (!state)
    throw new Refusal(
      'no-deployment',
      id ? `there is no deployment ${id}` : 'no deployment yet; open one with: gonogo deploy VERSION',
    )
  return state
}

/**
 * The named deployment; without a name the one that is under way, or the newest where none is. Throws a Refusal where
 * several are: what is signed must not reach another environment than was meant.
 */
export function pickOne(store: Store, workspace: Workspace, id: string | undefined): DeploymentState {
  if (id !== undefined) return pick(store, workspace, id)
  const open = Object.keys(workspace.service.environments).flatMap((name) => {
    const found = openDeploymentOf(store, name)
    return found ? [found.state] : []
  })
  const [only, ...others] = open
  if (others.length > 0)
    throw new Refusal(
      'which-deployment',
      `several are under way: ${open.map((one) => `${one.id} (${one.opened.environment})`).join(', ')}; say which by --deployment`,
    )
  return only ?? pick(store, workspace, id)
}

export function countStates(state: DeploymentState, now: number): Record<ItemState, number> {
  const counts = Object.fromEntries(ITEM_STATES.map((s) => [s, 0])) as Record<ItemState, number>
  for (const item of state.opened.plan.items) counts[itemStatus(state, item, now).state]++
  return counts
}

export function statusJson(state: DeploymentState, now: number) {
  return {
    version: 1,
    deployment: state.id,
    service: state.opened.service,
    environment: state.opened.environment,
    from: state.opened.stable?.version ?? null,
    to: state.opened.release.version,
    stage: state.stage,
    status: state.closed?.status ?? (state.rollback ? 'rolling-back' : 'under-way'),
    paused: state.paused,
    hold: heldBy(state),
    watchHolder: state.watchHolder,
    counts: countStates(state, now),
    items: state.opened.plan.items.map((item) => {
      const { state: is, value, at } = itemStatus(state, item, now)
      return { id: item.id, title: item.title, state: is, value, at }
    }),
  }
}

function statusText(
  state: DeploymentState,
  now: number,
  drills: ReturnType<typeof readDrills> | null,
): string {
  const { opened } = state
  const counts = countStates(state, now)
  const held = heldBy(state)
  const word =
    state.closed?.status ?? (state.rollback ? 'rolling back' : held !== null ? 'on hold' : state.stage)
  const lines = [
    `${opened.service} ${opened.stable?.version ?? 'nothing'}→${opened.release.version} · ${opened.environment} · ${word.toUpperCase()} · ${state.id}`,
    ITEM_STATES.map((s) => `${STATE_MARKS[s].glyph} ${counts[s]} ${STATE_MARKS[s].word}`).join('  '),
    ...(held !== null ? [`on hold: ${held}`] : []),
    ...(state.watchHolder ? [`watch: ${opened.roster[state.watchHolder]?.name ?? state.watchHolder}`] : []),
    ...Object.keys(opened.plan.gates).map((gate) => gateLine(state, gate, now)),
    ...(state.closed ? [] : nextLines(state, now, 6)),
  ]
  if (drills)
    for (const item of opened.plan.items) {
      const status = itemStatus(state, item, now)
      lines.push(`${STATE_MARKS[status.state].glyph} ${item.id.padEnd(8)} ${item.title} · ${status.value}`)
      const check = state.items[item.id]?.check
      if (check && status.state !== 'attested' && status.state !== 'notApplicable')
        lines.push(`           ${trust(check, drills[item.id], now)}`)
    }
  return lines.join('\n')
}

/** What is automatic is trusted by its source, its age, and when it was last seen to turn red. */
function trust(
  check: Recorded<CheckSettled>,
  drilled: { at: number; red: boolean } | undefined,
  now: number,
) {
  const age = `${formatDuration(Math.max(0, now - (check.event.evidenceAtMs ?? check.at)))} old`
  const drill = !drilled
    ? 'not drilled here'
    : `drill ${drilled.red ? 'red' : 'FOOLED'} ${formatDuration(Math.max(0, now - drilled.at))} ago`
  return [check.event.source, age, drill].join(' · ')
}

function gateLine(state: DeploymentState, gate: string, now: number): string {
  if (state.gates[gate]) return `gate ${gate}: open`
  const view = gateView(state, gate as Parameters<typeof gateView>[1], now)
  const votes = view.votes.map((v) => `${v.role} ${v.state}`).join(' · ')
  return `gate ${gate}: ${view.blockers.length} items block · ${votes}`
}
