import type { CheckContext, RecordedResult, Timeline } from '#checks/check.ts'
import type { Scrape } from '#core/sample.ts'
import type { Service } from '#core/service.ts'
import type { DeploymentState } from '#core/state.ts'
import type { EvidenceStore } from '#evidence/evidence-store.ts'
import type { Target } from '#targets/target.ts'
import { environmentAccess } from './environment-access.ts'

export type ContextParts = {
  readonly root: string
  readonly service: Service
  readonly evidence: EvidenceStore
  now(): number
  /** Targets that are running, by environment; undefined where one is declared but cannot be reached. */
  readonly targets: ReadonlyMap<string, Target>
  /** The scrapes kept since a moment (epoch ms), in order. */
  scrapesSince(ms: number): Iterable<Scrape | null>
  /** The state of the last successful deployment to the same environment, or null. */
  readonly previous: DeploymentState | null
}

/** What a check is given: this release, its environments as they run now, and what other items found. */
export async function checkContext(
  parts: ContextParts,
  state: DeploymentState,
  item: string,
): Promise<Omit<CheckContext, 'signal'>> {
  const { opened } = state
  const urls = new Map<string, string>()
  for (const [name, target] of parts.targets)
    urls.set(
      name,
      await target.observe().then(
        (o) => o.url,
        () => '',
      ),
    )
  const versions = { candidate: opened.release.version, stable: opened.stable?.version ?? null }
  const access = (name: string) => environmentAccess(parts, versions, name, urls.get(name) ?? '')
  return {
    item,
    now: parts.now,
    root: parts.root,
    service: parts.service,
    release: opened.release,
    stable: opened.stable,
    deploymentId: state.id,
    environment: access(opened.environment),
    environmentNamed: access,
    resultOf: (id) => resultIn(state, id),
    previousResultOf: (id) => (parts.previous ? resultIn(parts.previous, id) : null),
    scrapesSince: (ms) => parts.scrapesSince(ms),
    timeline: timelineOf(state),
    keep: (name, mediaType, bytes) => parts.evidence.put(name, mediaType, bytes),
  }
}

function resultIn(state: DeploymentState, id: string): RecordedResult | null {
  const check = state.items[id]?.check
  if (!check) return null
  const { verdict, claim, summary, evidence } = check.event
  return { verdict, claim, summary, evidence, atMs: check.at }
}

export function timelineOf(state: DeploymentState): Timeline {
  const effectAt = (prefix: string) =>
    Object.values(state.effects).find((e) => e.key.startsWith(prefix) && e.settled?.ok)?.settled?.at ?? null
  const full = state.steps.find((s) => s.weight === 100)
  return {
    openedAtMs: state.openedAt,
    candidateDeployedAtMs: effectAt('deploy:'),
    fullTrafficAtMs: full?.startedAt ?? null,
    watchStartedAtMs: state.watch?.at ?? null,
    watchEndsAtMs: state.watch?.event.endsAtMs ?? null,
    rolledBack: state.rollback !== null,
    confirmed: state.decisions
      .filter((d) => d.event.statement.action === 'confirm')
      .map((d) => d.event.statement.person),
  }
}
