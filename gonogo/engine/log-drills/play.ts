import type { Command } from '#core/decide/command.ts'
import { decide } from '#core/decide/index.ts'
import type { Effect } from '#core/events.ts'
import type { InstanceSample, MetricSource } from '#core/sample.ts'
import { isProductionChanged } from '#core/state.ts'
import { analysisPolicy } from '../analysis-policy.ts'
import { judgementEvent } from '../run.ts'
import { observeContext, Sampler } from '../sampler.ts'
import { type DrilledDeployment, ID } from './drilled-deployment.ts'

const MAX_TURNS = 2000
const REQUESTS_A_SECOND = 200

export type World = {
  /** Which effects fail; none when nothing is said. */
  readonly fails?: (effect: Effect, key: string) => boolean
  /** Share of the traffic that the new version is given; what is configured when nothing is said. */
  readonly share?: number
  /** Share of its requests that the new version fails. */
  readonly errors?: number
}

/**
 * Does what `decide` wants, with gonogo's own analysis on counters of this world, until nothing is left to do, a person
 * is asked, or `forMs` of the deployment's own time has passed.
 */
export async function play(d: DrilledDeployment, world: World = {}, forMs = 15 * 60_000): Promise<void> {
  const untilMs = d.now + forMs
  const counters = new Counters(d, world)
  const sampler = new Sampler(d.store, ID, analysisPolicy(d.state.opened), counters)
  for (let turn = 0; turn < MAX_TURNS && d.now < untilMs; turn++) {
    const { state } = d
    if (state.closed || state.hold) return
    const commands = decide(state, d.now)
    const now = commands.filter((command) => command.kind !== 'wait')
    for (const command of now.some(isRecord) ? now.filter(isRecord).slice(0, 1) : now) {
      if (command.kind === 'record') d.write(command.event)
      if (command.kind === 'run') d.checked()
      if (command.kind === 'judge') d.write(judgementEvent(sampler.judge()))
      if (command.kind === 'effect') settle(d, command, world)
    }
    if (now.length > 0) continue
    const due = Math.min(...commands.map((command) => (command.kind === 'wait' ? command.untilMs : Infinity)))
    if (!Number.isFinite(due)) return
    await pass(d, Math.min(due, untilMs), sampler)
  }
}

const isRecord = (command: Command): boolean => command.kind === 'record'

function settle(
  d: DrilledDeployment,
  { key, effect, attempt }: { key: string; effect: Effect; attempt: number },
  world: World,
): void {
  const ok = !(world.fails?.(effect, key) ?? false)
  d.write({ type: 'effectIntended', key, effect, attempt })
  const detail = ok ? `${key} done` : `${key} refused by the drill`
  d.write({ type: 'effectSettled', key, ok, code: ok ? null : 'drill', detail, durationMs: 1 })
  if (effect.kind === 'report' && ok)
    d.write({ type: 'reportWritten', name: effect.name, digest: `sha256:${'0'.repeat(64)}` })
}

/** Time goes by, an interval at a time while the criteria are armed. */
async function pass(d: DrilledDeployment, untilMs: number, sampler: Sampler): Promise<void> {
  const { interval } = d.state.opened.policy.rollback
  while (d.now < untilMs) {
    const { state } = d
    if (!isProductionChanged(state) || state.rollback) {
      d.now = untilMs
      return
    }
    d.now = Math.min(untilMs, d.now + interval)
    const { judgement } = await sampler.sample(observeContext(state, d.now))
    if (judgement.verdict !== 'rollback') continue
    d.write(judgementEvent(judgement))
    return
  }
}

/** Counters of two versions under a steady load, shared as the weights say or as the world does. */
class Counters implements MetricSource {
  readonly #d: DrilledDeployment
  readonly #world: World
  readonly #totals = { old: 0, new: 0, errors: 0 }
  #lastMs: number

  constructor(d: DrilledDeployment, world: World) {
    this.#d = d
    this.#world = world
    this.#lastMs = d.now
  }

  async sample() {
    const { state, now } = this.#d
    const { release, stable } = state.opened
    const sent = ((now - this.#lastMs) / 1000) * REQUESTS_A_SECOND
    this.#lastMs = now
    const share = this.#world.share ?? observeContext(state, now).configuredWeight
    this.#totals.new += Math.round(sent * share)
    this.#totals.old += Math.round(sent * (1 - share))
    this.#totals.errors += Math.round(sent * share * (this.#world.errors ?? 0))
    const instances = [
      arm(release.version, this.#totals.new, this.#totals.errors),
      arm(stable?.version ?? '', this.#totals.old, 0),
    ]
    return { atMs: now, complete: true, instances }
  }
}

const arm = (version: string, requests: number, errors: number): InstanceSample => ({
  version,
  instance: `${version}-1`,
  requests,
  errors,
  buckets: [10, 15, 22, 33, 500, 2000, Number.POSITIVE_INFINITY].map((leMs) => ({ leMs, count: requests })),
})
