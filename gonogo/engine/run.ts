import type { Judgement } from '#analysis/index.ts'
import { beginsChange, type Command } from '#core/decide/command.ts'
import { decide } from '#core/decide/index.ts'
import type { AnalysisJudged, CheckSettled, DeploymentEvent } from '#core/events.ts'
import { reportDigest } from '#core/fold.ts'
import { type DeploymentState, isProductionChanged, openDrift } from '#core/state.ts'
import { StoreProblem } from '#store/store.ts'
import type { Clock } from './clock.ts'
import { type EffectWorld, perform } from './effects.ts'
import type { Watched } from './faults.ts'
import type { Journal } from './journal.ts'
import type { Listener } from './listener.ts'
import { observeContext, type Sampler } from './sampler.ts'

/** People's events are looked for this often; nothing else needs the poll. */
const POLL_MS = 200
const SEAL_EVERY_MS = 60_000
/** An unknown or held analysis is recorded again this often, so that its age is in the log. */
const REPEAT_JUDGEMENT_MS = 30_000
const PARALLEL_CHECKS = 6
const MAX_TURNS = 1000

export type EngineParts = {
  readonly clock: Clock
  readonly journal: Journal
  readonly sampler: Sampler
  readonly world: EffectWorld
  runCheck(item: string, state: DeploymentState, stop: AbortSignal): Promise<CheckSettled>
  /** Faults that need no statistics, and what somebody else changed, as seen now. */
  watchTarget(state: DeploymentState): Promise<Watched>
  /** Keeps the lease. Throws Deposed when it is lost. */
  renewLease(): void
  readonly listener: Listener
  /** Test seam: called at every boundary between recording and acting. */
  boundary?(name: string): void
}

/** Runs a deployment until it is closed or `stop` aborts. Observe → decide → append → act, again and again. */
export async function runDeployment(parts: EngineParts, stop: AbortSignal): Promise<DeploymentState> {
  const engine = new Engine(parts, stop)
  return engine.run()
}

class Engine {
  readonly #parts: EngineParts
  readonly #stop: AbortSignal
  readonly #underWay = new Map<string, Promise<void>>()
  #wake = new AbortController()
  #nextSampleAt = 0
  /** As the last look at the target told it. */
  #drift: string | null = null
  #lastSealAt = 0
  #failure: unknown = null

  constructor(parts: EngineParts, stop: AbortSignal) {
    this.#parts = parts
    this.#stop = stop
    stop.addEventListener('abort', () => this.#wake.abort(), { once: true })
  }

  async run(): Promise<DeploymentState> {
    const { journal, clock } = this.#parts
    while (!journal.state.closed && !this.#stop.aborted) {
      if (this.#failure) throw this.#failure
      this.#wake = new AbortController()
      const wakeAt = await this.#turn()
      if (this.#wake.signal.aborted || journal.state.closed) continue
      await clock.sleepUntil(
        Math.min(wakeAt, clock.now() + POLL_MS),
        AbortSignal.any([this.#wake.signal, this.#stop]),
      )
    }
    await Promise.allSettled(this.#underWay.values())
    return journal.state
  }

  /** One turn of the loop. Returns when it wants to be called again at the latest. */
  async #turn(): Promise<number> {
    const { journal, clock } = this.#parts
    // Lost storage must not blind the analysis: it is asked all the same, and what it wants may be the way back.
    this.#despiteLostStorage(() => {
      this.#parts.renewLease()
      journal.refresh()
    })
    const sampled = await this.#sampleWhenDue().catch((error: unknown) => this.#tellOfStorage(error))
    const wakeAt = this.#despiteLostStorage(() => this.#decideAndAct())
    return sampled === 'lost' || wakeAt === 'lost' ? clock.now() + 1000 : wakeAt
  }

  #despiteLostStorage<T>(work: () => T): T | 'lost' {
    try {
      return work()
    } catch (error) {
      return this.#tellOfStorage(error)
    }
  }

  #tellOfStorage(error: unknown): 'lost' {
    if (!(error instanceof StoreProblem)) throw error
    this.#parts.listener.trouble?.(error.message)
    return 'lost'
  }

  #decideAndAct(): number {
    const { journal, clock } = this.#parts
    for (let turn = 0; turn < MAX_TURNS; turn++) {
      const commands = decide(journal.state, clock.now())
      const record = commands.find((c) => c.kind === 'record')
      if (record) {
        this.#boundary(`before ${record.event.type}`)
        if (!journal.decide(record.event)) return clock.now()
        this.#boundary(`after ${record.event.type}`)
        // What it was decided by is sealed with it, not within a minute.
        if (record.event.type === 'rollbackDecided') this.#seal(clock.now())
        if (record.event.type === 'closed') return clock.now()
        continue
      }
      if (commands.some((c) => c.kind === 'judge')) this.#recordJudgement()
      for (const command of commands) this.#start(command)
      return nextWait(commands, this.#isArmed() ? this.#nextSampleAt : Number.POSITIVE_INFINITY)
    }
    throw new Error(`decide wanted ${MAX_TURNS} records in one turn`)
  }

  #start(command: Command): void {
    if (command.kind === 'run' && this.#checksUnderWay() < PARALLEL_CHECKS)
      this.#begin(`check ${command.item}`, () => this.#check(command.item))
    if (command.kind === 'effect') this.#begin(`effect ${command.key}`, () => this.#effect(command))
  }

  #checksUnderWay(): number {
    return [...this.#underWay.keys()].filter((k) => k.startsWith('check ')).length
  }

  #begin(name: string, work: () => Promise<void>): void {
    if (this.#underWay.has(name)) return
    const running = work()
      .catch((error: unknown) => {
        if (error instanceof StoreProblem) this.#tellOfStorage(error)
        else this.#failure ??= error
      })
      .finally(() => {
        this.#underWay.delete(name)
        this.#wake.abort()
      })
    this.#underWay.set(name, running)
  }

  async #check(item: string): Promise<void> {
    const { journal, listener, clock } = this.#parts
    listener.started?.({ kind: 'check', id: item, atMs: clock.now() })
    const settled = await this.#parts.runCheck(item, journal.state, this.#stop)
    listener.finished?.({ kind: 'check', id: item })
    if (!this.#stop.aborted) this.#outcome(settled)
  }

  /** intent → effect → outcome. The intent is on disk before anything is touched. */
  async #effect(command: Extract<Command, { kind: 'effect' }>): Promise<void> {
    const { journal, world, listener, clock } = this.#parts
    const { key, effect, attempt } = command
    const { seq } = journal.state
    if (await this.#wouldOverwrite(command)) return clock.sleepUntil(this.#nextSampleAt, this.#stop)
    // Decided anew: what came meanwhile may have been a rollback.
    if (journal.state.seq !== seq) return
    this.#boundary(`before intent ${key}`)
    if (!journal.decide({ type: 'effectIntended', key, effect, attempt })) return
    this.#boundary(`after intent ${key}`)
    listener.started?.({ kind: 'effect', id: key, atMs: clock.now() })
    const started = performance.now()
    const outcome = await perform(world, journal.state, key, effect)
    listener.finished?.({ kind: 'effect', id: key })
    this.#boundary(`after effect ${key}`)
    this.#outcome({
      type: 'effectSettled',
      key,
      durationMs: Math.round(performance.now() - started),
      ...outcome,
    })
    if (effect.kind === 'report' && outcome.ok)
      this.#outcome({
        type: 'reportWritten',
        name: effect.name,
        digest: reportDigest(outcome.detail),
      })
    this.#boundary(`after outcome ${key}`)
  }

  /** What somebody changed since the last look is told first, and nobody has accepted it yet. */
  async #wouldOverwrite(command: Command): Promise<boolean> {
    const { state } = this.#parts.journal
    if (!beginsChange(command) || state.rollback || !isProductionChanged(state)) return false
    const { drift } = await this.#parts.watchTarget(state)
    return typeof drift === 'string' && drift !== state.drift?.detail
  }

  #outcome(event: DeploymentEvent): void {
    this.#parts.journal.outcome(event)
  }

  #isArmed(): boolean {
    const { state } = this.#parts.journal
    return isProductionChanged(state) && state.stageEnteredAt.documentation === undefined && !state.closed
  }

  async #sampleWhenDue(): Promise<void> {
    const { journal, clock, sampler, listener } = this.#parts
    const now = clock.now()
    const { interval } = journal.state.opened.policy.rollback
    // Further away than an interval it is only where the clock was set back.
    const isLater = now < this.#nextSampleAt && this.#nextSampleAt <= now + interval
    if (!isProductionChanged(journal.state) || isLater) return
    this.#nextSampleAt = now + interval
    if (!this.#isArmed()) return this.#tellDrift(await this.#parts.watchTarget(journal.state))
    const context = observeContext(journal.state, now)
    const [{ scrape }, watched] = await Promise.all([
      sampler.sample(context),
      this.#parts.watchTarget(journal.state),
    ])
    const { fault } = watched
    const judgement = this.#judge()
    listener.judged?.(judgement, scrape)
    if (!journal.state.rollback) {
      if (fault && !journal.state.fault) this.#outcome({ type: 'faultSeen', ...fault })
      if (this.#isNews(judgement, now)) this.#recordJudgement()
    }
    if (Math.abs(now - this.#lastSealAt) >= SEAL_EVERY_MS) this.#seal(now)
    // Last: where nothing can be written, it must not keep what is seen of the new version from being judged.
    this.#tellDrift(watched)
  }

  /** Twice in a row: a watch may be a moment behind what a call has just done. */
  #tellDrift({ drift }: Watched): void {
    const { drift: told, rollback, closed } = this.#parts.journal.state
    if (drift === undefined || rollback || closed) return
    const isSeenAgain = drift === this.#drift
    this.#drift = drift
    if (drift === null && told) this.#outcome({ type: 'driftGone' })
    if (drift !== null && isSeenAgain && drift !== told?.detail)
      this.#outcome({ type: 'driftSeen', detail: drift })
  }

  #isNews({ verdict, blindMs, isOnBudget }: Judgement, now: number): boolean {
    const { analysis: last, opened } = this.#parts.journal.state
    if (verdict === 'rollback') return last?.event.verdict !== 'rollback'
    if (!last || last.event.verdict !== verdict)
      return last !== null || verdict === 'unknown' || verdict === 'hold'
    if (verdict === 'proceed') return isOnBudget !== (last.event.isOnBudget ?? false)
    const { maxBlind, blindLimit } = opened.policy.rollback
    const passes = (limitMs: number) => blindMs > limitMs && last.event.blindMs <= limitMs
    return passes(maxBlind) || passes(blindLimit) || now - last.at >= REPEAT_JUDGEMENT_MS
  }

  #recordJudgement(): void {
    this.#outcome(judgementEvent(this.#judge()))
  }

  /** While somebody else changes what was declared, no evidence says what it would be evidence of. */
  #judge(): Judgement {
    const judgement = this.#parts.sampler.judge()
    const drift = openDrift(this.#parts.journal.state)
    if (drift === null || judgement.verdict !== 'proceed') return judgement
    return { ...judgement, verdict: 'hold', sentence: drift }
  }

  #seal(now: number): void {
    this.#lastSealAt = now
    const sealed = this.#parts.sampler.seal(now)
    if (sealed) this.#outcome({ type: 'samplesSealed', ...sealed })
  }

  #boundary(name: string): void {
    this.#parts.boundary?.(name)
  }
}

function nextWait(commands: readonly Command[], sampleAt: number): number {
  return commands.reduce((at, c) => (c.kind === 'wait' ? Math.min(at, c.untilMs) : at), sampleAt)
}

export function judgementEvent(judgement: Judgement): AnalysisJudged {
  return {
    type: 'analysisJudged',
    verdict: judgement.verdict,
    trigger: judgement.trigger,
    step: judgement.step,
    sentence: judgement.sentence,
    evidence: judgement.evidence,
    line: judgement.line,
    largestRatioNotRuledOut: judgement.largestRatioNotRuledOut,
    detectedAfterMs: judgement.detectedAfterMs,
    blindMs: judgement.blindMs,
    isOnBudget: judgement.isOnBudget,
    numbers: { canary: judgement.canary, baseline: judgement.baseline, appendixC: judgement.appendixC },
  }
}
