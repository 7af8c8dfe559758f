import {
  type AnalysisPolicy,
  type AnalysisState,
  type Judgement,
  judge,
  observe,
  startAnalysis,
} from '#analysis/index.ts'
import { itemStatus } from '#core/items.ts'
import { sha256 } from '#core/json.ts'
import type { MetricSource, Scrape } from '#core/sample.ts'
import type { DeploymentState } from '#core/state.ts'
import { type Store, StoreProblem } from '#store/store.ts'

/** One interval as it is kept: the raw scrape and what was configured then. */
export type KeptSample = {
  readonly atMs: number
  readonly scrape: Scrape | null
  readonly context: ObserveContext
}
export type ObserveContext = Parameters<typeof observe>[3]

const SCRAPE_LIMIT_MS = 2000

/**
 * The analysis beside the deployment: a scrape an interval, kept as it was read, folded into the analysis. After a
 * restart the kept samples are replayed, so that no evidence is lost.
 */
export class Sampler {
  readonly #store: Store
  readonly #policy: AnalysisPolicy
  readonly #source: MetricSource
  readonly #id: string
  readonly #limitMs: number
  #analysis: AnalysisState
  #sealed = { fromMs: 0, lines: [] as string[] }

  constructor(
    store: Store,
    id: string,
    policy: AnalysisPolicy,
    source: MetricSource,
    limitMs = SCRAPE_LIMIT_MS,
  ) {
    this.#store = store
    this.#policy = policy
    this.#source = source
    this.#id = id
    this.#limitMs = limitMs
    this.#analysis = startAnalysis(policy)
    for (const { body } of store.eachSample(id)) {
      const kept = parseSample(body)
      this.#analysis = observe(policy, this.#analysis, kept.scrape, kept.context)
    }
  }

  /** Reads, keeps and judges one interval. A source that fails is an interval without a scrape. */
  async sample(context: ObserveContext): Promise<{ judgement: Judgement; scrape: Scrape | null }> {
    const scrape = await this.#scrape()
    const body = JSON.stringify({ atMs: context.atMs, scrape, context } satisfies KeptSample)
    try {
      this.#store.addSample(this.#id, { at: context.atMs, body })
      this.#sealed.lines.push(body)
      this.#sealed.fromMs ||= context.atMs
    } catch (error) {
      // Lost storage must not blind the analysis: going back needs it most then.
      if (!(error instanceof StoreProblem)) throw error
    }
    this.#analysis = observe(this.#policy, this.#analysis, parseSample(body).scrape, context)
    return { judgement: this.judge(), scrape }
  }

  /** A source that does not let go when told to must not hold up the engine. */
  async #scrape(): Promise<Scrape | null> {
    const limit = AbortSignal.timeout(this.#limitMs)
    const late = new Promise<null>((resolve) => {
      limit.addEventListener('abort', () => resolve(null), { once: true })
    })
    return Promise.race([this.#source.sample(limit).catch(() => null), late])
  }

  judge(): Judgement {
    return judge(this.#policy, this.#analysis)
  }

  /** The digest of what came since the last seal, for the log; null when nothing came. */
  seal(toMs: number): { fromMs: number; toMs: number; count: number; digest: string } | null {
    const { lines, fromMs } = this.#sealed
    if (lines.length === 0) return null
    this.#sealed = { fromMs: 0, lines: [] }
    return { fromMs, toMs, count: lines.length, digest: sha256(lines.join('\n')) }
  }
}

/** JSON has no infinity: the last bucket's bound is null there. */
export function parseSample(body: string): KeptSample {
  const kept = JSON.parse(body) as KeptSample
  if (!kept.scrape) return kept
  const instances = kept.scrape.instances.map((i) => ({
    ...i,
    buckets: i.buckets.map((b) => ({ ...b, leMs: b.leMs ?? Number.POSITIVE_INFINITY })),
  }))
  return { ...kept, scrape: { ...kept.scrape, instances } }
}

/** The scrapes that a deployment has kept since a moment, as they were read. */
export function* scrapesSince(store: Store, id: string, ms: number): Generator<Scrape | null> {
  for (const { at, body } of store.eachSample(id)) if (at >= ms) yield parseSample(body).scrape
}

/** What the analysis is told of the deployment at this moment. */
export function observeContext(state: DeploymentState, atMs: number): ObserveContext {
  const { release, stable } = state.opened
  const weight = weightInForce(state)
  return {
    canaryVersion: release.version,
    baselineVersion: stable?.version ?? null,
    configuredWeight: weight / 100,
    step: state.steps.at(-1)?.step ?? -1,
    atMs,
    latencyGapAccepted: isWaived(state, TRIGGER_CRITERIA, atMs),
  }
}

/** The item that names what the histogram cannot show; its waiver is how a person accepts that. */
const TRIGGER_CRITERIA = '3.2.5'

function isWaived(state: DeploymentState, id: string, now: number): boolean {
  const item = state.opened.plan.items.find((one) => one.id === id)
  return item !== undefined && itemStatus(state, item, now).state === 'waived'
}

/** Per cent of the traffic that the last weight set gives to the new version. */
export function weightInForce(state: DeploymentState): number {
  if (state.rollback) return 0
  const settled = Object.values(state.effects).filter((e) => e.effect.kind === 'weights' && e.settled?.ok)
  const last = settled.sort((a, b) => (a.settled?.at ?? 0) - (b.settled?.at ?? 0)).at(-1)
  return last?.effect.kind === 'weights' ? (last.effect.weights[state.opened.release.version] ?? 0) : 0
}
