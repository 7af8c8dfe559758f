import { CHECKS } from '#checks/registry.ts'
import { itemsOf } from '#core/checklist.ts'
import type { CheckSettled } from '#core/events.ts'
import { fold, openState } from '#core/fold.ts'
import { stageIndex } from '#core/items.ts'
import type { Release } from '#core/release.ts'
import type { DeploymentState } from '#core/state.ts'
import { openEvidenceStore } from '#evidence/evidence-store.ts'
import { openTarget } from '#targets/open-target.ts'
import type { Target } from '#targets/target.ts'
import { checkContext } from './check-context.ts'
import { runCheck } from './check-runner.ts'
import { EXIT, Refusal } from './exit-codes.ts'
import { openedEvent } from './open-deployment.ts'
import { environmentFolder, evidenceFolder, type Workspace } from './workspace.ts'

export type CheckNow = {
  readonly workspace: Workspace
  readonly environment: string
  readonly release: Release
  readonly releaseOf: (version: string) => Release
  /** Item ids; every bound check up to the gate of phase 2 when empty. */
  readonly items: readonly string[]
  started(id: string): void
  /** Another environment that cannot be opened, and why; what wants it is unknown. */
  trouble(words: string): void
  /** Ends the check that runs, which puts back what it changed, and begins no other. */
  readonly stop: AbortSignal
}

/** Runs checks against the world as it is, as a deployment of this release would, and records nothing. */
export async function checkNow(request: CheckNow): Promise<CheckSettled[]> {
  const { workspace, environment, release } = request
  refuseUnknown(workspace, request.items)
  const targets = await openAll(workspace, environment, request.trouble)
  try {
    const world = await targets.get(environment)?.observe()
    const stable = world?.stable && world.stable !== release.version ? request.releaseOf(world.stable) : null
    const opened = openedEvent({ workspace, environment, release, stable, replicas: 1, now: Date.now() })
    let state = openState('check', { seq: 1, at: Date.now(), event: opened })
    const results: CheckSettled[] = []
    for (const id of wanted(state, request.items)) {
      request.started(id)
      const settled = await runOne(workspace, targets, state, id, request.stop)
      if (request.stop.aborted)
        throw new Refusal('interrupted', `interrupted in ${id}; nothing is recorded`, EXIT.interrupted)
      state = fold(state, { seq: state.seq + 1, at: Date.now(), event: settled })
      results.push(settled)
    }
    return results
  } finally {
    for (const target of targets.values()) await target.close?.()
  }
}

async function runOne(
  workspace: Workspace,
  targets: ReadonlyMap<string, Target>,
  state: DeploymentState,
  id: string,
  stop: AbortSignal,
): Promise<CheckSettled> {
  const check = CHECKS.get(id)
  if (!check) throw new Error(`no check for ${id}`)
  const parts = {
    root: workspace.root,
    service: workspace.service,
    evidence: openEvidenceStore(evidenceFolder(workspace.root)),
    now: () => Date.now(),
    targets,
    previous: null,
    scrapesSince: () => [],
  }
  return runCheck(check, workspace.service.checks[id], await checkContext(parts, state, id), stop)
}

/** Before anything is opened or asked. */
function refuseUnknown({ checklist }: Workspace, items: readonly string[]): void {
  const known = new Map(itemsOf(checklist).map(({ item }) => [item.id, item.proof.kind]))
  for (const id of items) {
    const kind = known.get(id)
    if (!kind) throw new Refusal('unknown-item', `there is no item ${id} in ${checklist.name}`)
    const how = kind === 'deployment' ? 'is proved by a deployment’s own log' : 'is attested by a person'
    if (!CHECKS.has(id)) throw new Refusal('no-check', `${id} ${how}; no check proves it`)
  }
}

function wanted(state: DeploymentState, items: readonly string[]): string[] {
  const { plan } = state.opened
  if (items.length > 0) return [...items]
  return plan.items
    .filter(
      (item) => item.bound && item.applies === 'yes' && stageIndex(item.stage) <= stageIndex('preparation'),
    )
    .map((item) => item.id)
}

/** Every environment that can be; the one that the release is for must be. */
async function openAll(workspace: Workspace, required: string, trouble: CheckNow['trouble']) {
  const opened = new Map<string, Awaited<ReturnType<typeof openTarget>>>()
  for (const [name, environment] of Object.entries(workspace.service.environments)) {
    const folder = environmentFolder(workspace, name)
    try {
      opened.set(name, await openTarget(name, environment, folder, workspace.root))
    } catch (error) {
      if (name === required) throw error
      trouble(`environments.${name} cannot be opened: ${(error as Error).message}`)
    }
  }
  return opened
}
