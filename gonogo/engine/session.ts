import { mkdir } from 'node:fs/promises'
import { CHECKS } from '#checks/registry.ts'
import type { DeploymentState } from '#core/state.ts'
import { openEvidenceStore } from '#evidence/evidence-store.ts'
import type { Store } from '#store/store.ts'
import type { OpenTarget } from '#targets/kind-of-target.ts'
import { openTarget } from '#targets/open-target.ts'
import { analysisPolicy } from './analysis-policy.ts'
import { checkContext } from './check-context.ts'
import { runCheck } from './check-runner.ts'
import type { Clock } from './clock.ts'
import { EXIT, Refusal } from './exit-codes.ts'
import { watchTarget } from './faults.ts'
import { Deposed, Journal } from './journal.ts'
import { LEASE_MS, newHolder, takeLease } from './lease.ts'
import type { Listener } from './listener.ts'
import { lastSuccessOf } from './open-deployment.ts'
import { type EngineParts, runDeployment } from './run.ts'
import { Sampler, scrapesSince } from './sampler.ts'
import { deploymentFolder, environmentFolder, evidenceFolder, type Workspace } from './workspace.ts'
import { writeReport } from './write-report.ts'

const RENEW_MS = 2000

export type Session = { run(stop: AbortSignal): Promise<DeploymentState>; close(): Promise<void> }

/**
 * Takes a deployment over (one engine at a time) and readies everything it works with. Throws a Refusal when another
 * gonogo runs it, or when a target cannot be reached.
 */
export async function openSession(
  workspace: Workspace,
  store: Store,
  id: string,
  clock: Clock,
  listener: Listener,
  boundary?: (name: string) => void,
): Promise<Session> {
  const holder = newHolder()
  const epoch = takeLease(
    store,
    id,
    holder,
    (pid) => `deployment ${id} is run by another gonogo (process ${pid}); watch it with: gonogo status`,
  )
  const journal = new Journal(store, clock, id, epoch, (recorded, state) => listener.event?.(recorded, state))
  const targets = await openTargets(workspace, journal.state.opened.environment)
  const production = targets.get(journal.state.opened.environment)
  if (!production)
    throw new Refusal(
      'no-target',
      `the environment ${journal.state.opened.environment} cannot be reached`,
      EXIT.environment,
    )
  const claimed = await production.claim?.(id)
  if (claimed?.ok === false) throw new Refusal(claimed.code, claimed.detail, EXIT.environment)
  await mkdir(deploymentFolder(workspace.root, id), { recursive: true })
  const evidence = openEvidenceStore(evidenceFolder(workspace.root))
  const context = {
    root: workspace.root,
    service: workspace.service,
    evidence,
    now: () => clock.now(),
    targets,
    previous: lastSuccessOf(store, journal.state.opened.environment, id),
    scrapesSince: (ms: number) => scrapesSince(store, id, ms),
  }
  const environment = workspace.service.environments[journal.state.opened.environment]
  if (!environment)
    throw new Refusal(
      'no-environment',
      `the service file declares no environment ${journal.state.opened.environment}`,
    )
  const parts: EngineParts = {
    clock,
    journal,
    sampler: new Sampler(store, id, analysisPolicy(journal.state.opened), production.metrics),
    world: {
      root: workspace.root,
      service: workspace.service,
      target: production,
      lastRequestAt: (version) => production.lastRequestAt?.(version) ?? Promise.resolve(null),
      report: (name, state) => writeReport(workspace, store, state, name, clock.now()),
    },
    runCheck: async (item, state, stop) => {
      const check = CHECKS.get(item)
      if (!check) throw new Error(`no check for ${item}`)
      return runCheck(check, workspace.service.checks[item], await checkContext(context, state, item), stop)
    },
    watchTarget: (state) => watchTarget(production, state),
    renewLease: leaseKeeper(store, id, holder, production),
    listener,
    ...(boundary ? { boundary } : {}),
  }
  return {
    run: (stop) => runDeployment(parts, stop),
    close: async () => {
      store.release(id, holder)
      if (journal.state.closed)
        await production
          .unclaim?.(id)
          .catch((error: Error) => listener.trouble?.(`the claim of ${id} is left behind: ${error.message}`))
      for (const target of targets.values()) await target.close?.()
    },
  }
}

function leaseKeeper(store: Store, id: string, holder: string, target: OpenTarget): () => void {
  let renewedAt = Date.now()
  let isClaiming = false
  let lost: string | null = null
  return () => {
    if (lost) throw new Deposed(lost)
    if (Date.now() - renewedAt < RENEW_MS) return
    const lease = store.lease(id, holder, Date.now(), LEASE_MS)
    if (!lease.ok) throw new Deposed(`another gonogo took ${id} over`)
    renewedAt = Date.now()
    // A cluster that is away can be claimed by nobody else either; what matters is being told that it was.
    if (isClaiming || !target.claim) return
    isClaiming = true
    target
      .claim(id)
      .then(
        (claimed) => {
          if (!claimed.ok) lost = claimed.detail
        },
        () => undefined,
      )
      .finally(() => {
        isClaiming = false
      })
  }
}

/** Opens every environment that can be; the one deployed to must be. */
async function openTargets(workspace: Workspace, required: string): Promise<Map<string, OpenTarget>> {
  const opened = new Map<string, OpenTarget>()
  for (const [name, environment] of Object.entries(workspace.service.environments)) {
    try {
      opened.set(
        name,
        await openTarget(name, environment, environmentFolder(workspace, name), workspace.root),
      )
    } catch (error) {
      if (name === required) throw error
    }
  }
  return opened
}
