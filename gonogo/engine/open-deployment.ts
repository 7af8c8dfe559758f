import { existsSync } from 'node:fs'
import type { Opened } from '#core/events.ts'
import { digestOf } from '#core/json.ts'
import { makePlan, planDigest } from '#core/plan.ts'
import type { Plan } from '#core/planned.ts'
import type { Release } from '#core/release.ts'
import type { DeploymentState } from '#core/state.ts'
import type { Store } from '#store/store.ts'
import { bindingOf, checkRules } from './binding.ts'
import { readState } from './journal.ts'
import { rosterOf } from './roster.ts'
import { logFile, openLog, type Workspace } from './workspace.ts'

export type OpenRequest = {
  readonly workspace: Workspace
  readonly environment: string
  readonly release: Release
  /** What runs there now; null on the first deployment. */
  readonly stable: Release | null
  readonly replicas: number
  /** Nothing shares the requests there: each pod gets as many as any other. */
  readonly byPods?: boolean
  /** Components that are updated in place, in words. */
  readonly inPlace?: readonly string[]
  /** The public address, where a target was asked. */
  readonly url?: string
  readonly now: number
}

/** The first event of a deployment: everything it will go by, so that later edits of files change nothing under it. */
export function openedEvent(request: OpenRequest): Opened {
  const { workspace, release, stable } = request
  const { service } = workspace
  const { replicas, byPods, inPlace } = request
  const plan = makeWorkspacePlan(workspace, release, stable, replicas, byPods, inPlace)
  return {
    type: 'opened',
    service: service.service,
    environment: request.environment,
    release,
    releaseDigest: digestOf(release),
    stable,
    strategy: plan.strategy,
    replicas,
    ...(request.url ? { url: request.url } : {}),
    plan,
    planDigest: planDigest(plan),
    policy: service.policy,
    sla: service.sla,
    roster: rosterOf(service, workspace.root),
    authors: release.authors,
    checks: checkRules(service, release),
    audiences: Object.keys(service.audiences),
    flags: plan.flags,
  }
}

/** What a deployment of this release would do about each item; without a release, what depends on one is `later`. */
export function makeWorkspacePlan(
  workspace: Workspace,
  release: Release | null,
  stable: Release | null | undefined,
  replicas = 1,
  byPods = false,
  inPlace: readonly string[] = [],
): Plan {
  const { service, checklist } = workspace
  const boundChecks = (id: string) => bindingOf(service, release, id)
  const where = { replicas, byPods, inPlace }
  return makePlan({ checklist, service, release, stable, facts: [], boundChecks, ...where })
}

/** The deployment that is under way in an environment, or null. One at a time. */
export function openDeploymentOf(
  store: Store,
  environment: string,
): { id: string; state: DeploymentState } | null {
  for (const id of [...store.streams()].reverse()) {
    const state = readState(store, id)
    if (state && state.opened.environment === environment && !state.closed) return { id, state }
  }
  return null
}

/** The newest successful deployment to an environment, other than the named one; null when there is none. */
export function lastSuccessOf(store: Store, environment: string, before: string): DeploymentState | null {
  for (const id of [...store.streams()].reverse()) {
    const state = id === before ? null : readState(store, id)
    if (state?.opened.environment === environment && state.closed?.status.startsWith('success')) return state
  }
  return null
}

/** What gonogo brought to an environment last, as the log in this folder has it; undefined where it has nothing of it. Begins no log. */
export function releaseByLog(root: string, environment: string): Release | undefined {
  if (!existsSync(logFile(root))) return undefined
  const store = openLog(root)
  try {
    return lastSuccessOf(store, environment, '')?.opened.release
  } finally {
    store.close()
  }
}
