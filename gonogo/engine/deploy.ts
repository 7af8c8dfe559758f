import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { inPlaceProblem } from '#core/in-place.ts'
import { digestOf } from '#core/json.ts'
import type { Release } from '#core/release.ts'
import type { DeploymentState } from '#core/state.ts'
import type { Store } from '#store/store.ts'
import { openTarget } from '#targets/open-target.ts'
import type { Clock } from './clock.ts'
import { EXIT, Refusal } from './exit-codes.ts'
import { newHolder, takeLease } from './lease.ts'
import type { Listener } from './listener.ts'
import { lastSuccessOf, openDeploymentOf, openedEvent } from './open-deployment.ts'
import { openSession } from './session.ts'
import { deploymentFolder, environmentFolder, newDeploymentId, type Workspace } from './workspace.ts'
import { writeBundle } from './write-report.ts'

/** A cluster may take its time to say what runs; who ends meanwhile is found to be gone before that. */
const OPENING_MS = 60_000

export type DeployRequest = {
  readonly workspace: Workspace
  readonly store: Store
  readonly environment: string
  readonly release: Release
  /** Reads a release: the one that the target says is stable, or (with `now`, epoch ms) one that its window must let open now. */
  readonly releaseOf: (version: string, now: number | null) => Release
  readonly clock: Clock
  readonly listener: Listener
  readonly stop: AbortSignal
  /** Called with the deployment's id once it is this engine's. */
  readonly opened?: (id: string) => void
  readonly boundary?: (name: string) => void
}

export type Deployed = {
  readonly state: DeploymentState
  readonly report: string | null
  readonly bundle: string | null
  /** The bundle's, by which it can be told from one that was written anew. */
  readonly digest: string | null
}

/** Opens the deployment, or takes up the one of this release that is under way, and runs it to its end. */
export async function deploy(request: DeployRequest): Promise<Deployed> {
  const { workspace, store, clock } = request
  const id = await oneAtATime(request, () => openOrResume(request))
  const session = await openSession(workspace, store, id, clock, request.listener, request.boundary)
  request.opened?.(id)
  try {
    const state = await session.run(request.stop)
    if (!state.closed) return { state, report: null, bundle: null, digest: null }
    return { state, ...(await writeBundle(workspace, store, state, clock.now())) }
  } finally {
    await session.close()
  }
}

/** Between looking whether one is under way and opening one, nobody else may do the same. */
async function oneAtATime(
  { store, environment }: DeployRequest,
  open: () => Promise<string>,
): Promise<string> {
  const [opening, holder] = [`opening in ${environment}`, newHolder()]
  takeLease(
    store,
    opening,
    holder,
    (pid) =>
      `another gonogo (process ${pid}) is opening a deployment in ${environment}; watch it with: gonogo status`,
    OPENING_MS,
  )
  try {
    return await open()
  } finally {
    store.release(opening, holder)
  }
}

async function openOrResume(request: DeployRequest): Promise<string> {
  const { workspace, store, environment, release, clock } = request
  const underWay = openDeploymentOf(store, environment)
  if (underWay) {
    const version = underWay.state.opened.release.version
    if (version === release.version) return underWay.id
    if (underWay.state.rollback)
      throw new Refusal(
        'under-way',
        `${underWay.id} (${version}) is being rolled back in ${environment}; deploy ${release.version} when it has ended; watch it with: gonogo status ${underWay.id}`,
        EXIT.environment,
      )
    throw new Refusal(
      'under-way',
      `${underWay.id} (${version}) is under way in ${environment}; finish it or end it with: gonogo abort --deployment ${underWay.id}`,
      EXIT.environment,
    )
  }
  const declared = workspace.service.environments[environment]
  if (!declared)
    throw new Refusal('no-environment', `${workspace.serviceFile}: environments has no ${environment}`)
  const lastSuccess = lastSuccessOf(store, environment, '')
  const unfinished = lastSuccess && isWithoutBundle(workspace, lastSuccess, release) ? lastSuccess : null
  // The window is for opening: what is under way, or left to be reported, is taken up whenever it must be.
  if (!unfinished) request.releaseOf(release.version, clock.now())
  const target = await openTarget(
    environment,
    declared,
    environmentFolder(workspace, environment),
    workspace.root,
  )
  try {
    const world = await target.observe()
    if (world.stable === release.version) {
      if (unfinished) return unfinished.id
      throw new Refusal(
        'already-stable',
        `${release.version} is what ${environment} runs already`,
        EXIT.notGood,
      )
    }
    const { inPlace = [] } = target
    const problem = inPlaceProblem(release, inPlace)
    if (problem) throw new Refusal('in-place', problem)
    const stable = world.stable ? request.releaseOf(world.stable, null) : null
    const id = newDeploymentId()
    const opened = openedEvent({
      workspace,
      environment,
      release,
      stable,
      replicas: target.replicas,
      byPods: target.sharesByPods ?? false,
      inPlace,
      url: world.url,
      now: clock.now(),
    })
    const { type, ...data } = opened
    const result = store.append(id, 0, null, [{ at: clock.now(), type, data }])
    if (!result.ok) throw new Refusal('conflict', `could not open ${id}`, EXIT.environment)
    return id
  } finally {
    await target.close?.()
  }
}

/** Closed, and ended before its report and bundle were written: what is left to do is done on the next start. */
const isWithoutBundle = (workspace: Workspace, state: DeploymentState, release: Release): boolean =>
  state.opened.releaseDigest === digestOf(release) &&
  !existsSync(join(deploymentFolder(workspace.root, state.id), 'bundle'))
