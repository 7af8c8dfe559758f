import type { DeploymentEvent, EffectIntended, EffectSettled, Opened, Recorded } from './events.ts'
import { isHuman } from './people.ts'
import { type DeploymentState, emptyItem, type ItemRecord, type StepRecord } from './state.ts'

const KEPT_RESULTS = 20

/** The state of a deployment that its first event opens. Throws on a log that does not begin with `opened`. */
export function openState(id: string, first: Recorded): DeploymentState {
  if (first.event.type !== 'opened')
    throw new Error(`the log of ${id} begins with ${first.event.type}, not with opened`)
  const opened: Opened = first.event
  return {
    id,
    seq: first.seq,
    openedAt: first.at,
    lastAt: first.at,
    opened,
    stage: 'planning',
    stageEnteredAt: { planning: first.at },
    items: Object.fromEntries(opened.plan.items.map((item) => [item.id, emptyItem])),
    votes: [],
    gates: {},
    effects: {},
    steps: [],
    analysis: null,
    decisions: [],
    paused: false,
    hold: null,
    drift: null,
    fault: null,
    watch: null,
    watchHolder: null,
    prompts: [],
    rollback: null,
    reports: {},
    closed: null,
  }
}

/** The next state. Pure; an event that changes nothing known leaves all but the position as it was. */
export function fold(state: DeploymentState, recorded: Recorded): DeploymentState {
  return { ...state, ...change(state, recorded), seq: recorded.seq, lastAt: recorded.at }
}

export function foldAll(id: string, events: readonly Recorded[]): DeploymentState {
  const [first, ...rest] = events
  if (!first) throw new Error(`the log of ${id} is empty`)
  return rest.reduce(fold, openState(id, first))
}

function change(state: DeploymentState, recorded: Recorded): Partial<DeploymentState> {
  const { at, event } = recorded
  switch (event.type) {
    case 'opened':
      return {}
    case 'checkSettled':
      return withItem(state, event.item, (item) => ({
        check: { ...recorded, event },
        before: item.check ? [...item.before, item.check].slice(-KEPT_RESULTS) : item.before,
        streak: item.check?.event.verdict === event.verdict ? item.streak + 1 : 1,
      }))
    case 'attested':
      return withItem(state, event.item, () => ({ attestation: { ...recorded, event } }))
    case 'waived':
      return withItem(state, event.item, () => ({ waiver: { ...recorded, event } }))
    case 'voted':
      return { votes: [...state.votes, { ...recorded, event }] }
    case 'gateOpened':
      return { gates: { ...state.gates, [event.gate]: { at, evidenceRoot: event.evidenceRoot } } }
    case 'stageEntered':
      return { stage: event.stage, stageEnteredAt: { ...state.stageEnteredAt, [event.stage]: at } }
    case 'decided':
      return { decisions: [...state.decisions, { ...recorded, event }], ...ofDecision(state, event) }
    case 'effectIntended':
    case 'effectSettled':
      return {
        effects: { ...state.effects, [event.key]: effectAfter(state, at, event) },
        ...reportOf(state, at, event),
      }
    case 'analysisJudged':
      return { analysis: { ...recorded, event } }
    case 'stepStarted':
      return {
        steps: [
          ...state.steps,
          {
            step: event.step,
            weight: event.weight,
            startedAt: at,
            seq: recorded.seq,
            dueAtMs: event.dueAtMs,
            extended: false,
            decision: null,
          },
        ],
      }
    case 'stepExtended':
      return { steps: withStep(state.steps, event.step, { dueAtMs: event.dueAtMs, extended: true }) }
    case 'stepDecided':
      return { hold: null, steps: withStep(state.steps, event.step, { decision: { ...recorded, event } }) }
    case 'held':
      return { hold: { at, reason: event.reason } }
    case 'released':
      return { hold: null }
    case 'faultSeen':
      return { fault: state.fault ?? { ...recorded, event } }
    case 'driftSeen':
      return { drift: { at, detail: event.detail, isAccepted: false } }
    case 'driftGone':
      return { drift: null }
    case 'watchStarted':
      return { watch: { ...recorded, event } }
    case 'presenceAsked':
      return { prompts: [...state.prompts, { ...recorded, event }] }
    case 'rollbackDecided':
      return { rollback: { decided: { ...recorded, event }, completed: null }, hold: null }
    case 'rollbackCompleted':
      return state.rollback ? { rollback: { ...state.rollback, completed: { ...recorded, event } } } : {}
    case 'reportWritten':
      return { reports: { ...state.reports, [event.name]: { at, digest: event.digest } } }
    case 'closed':
      return { closed: { at, status: event.status } }
    case 'samplesSealed':
      return {}
  }
}

function withItem(
  state: DeploymentState,
  id: string,
  next: (item: ItemRecord) => Partial<ItemRecord>,
): Partial<DeploymentState> {
  const item = state.items[id] ?? emptyItem
  return { items: { ...state.items, [id]: { ...item, ...next(item) } } }
}

const withStep = (steps: readonly StepRecord[], step: number, next: Partial<StepRecord>): StepRecord[] =>
  steps.map((s) => (s.step === step ? { ...s, ...next } : s))

function effectAfter(state: DeploymentState, at: number, event: EffectIntended | EffectSettled) {
  const before = state.effects[event.key]
  if (event.type === 'effectIntended')
    return {
      key: event.key,
      effect: event.effect,
      attempts: event.attempt,
      failures: before?.failures ?? 0,
      intendedAt: before?.intendedAt ?? at,
      settled: null,
    }
  if (!before) throw new Error(`effect ${event.key} was settled without having been intended`)
  const { ok, code, detail, lastRequestAtMs = null, failedRequests = null } = event
  const failures = before.failures + (ok ? 0 : 1)
  return { ...before, failures, settled: { at, ok, code, detail, lastRequestAtMs, failedRequests } }
}

/** A report is written when its effect is done, also where the end came before `reportWritten` was in the log. */
function reportOf({ effects, reports }: DeploymentState, at: number, event: EffectIntended | EffectSettled) {
  const effect = effects[event.key]?.effect
  if (event.type !== 'effectSettled' || !event.ok || effect?.kind !== 'report') return {}
  return { reports: { ...reports, [effect.name]: { at, digest: reportDigest(event.detail) } } }
}

/** The outcome of writing a report ends with its digest. */
export const reportDigest = (detail: string): string => detail.split(' ').at(-1) ?? ''

function ofDecision(
  { opened, drift }: DeploymentState,
  event: Extract<DeploymentEvent, { type: 'decided' }>,
): Partial<DeploymentState> {
  const { action, person } = event.statement
  if (action === 'pause') return { paused: true }
  if (action === 'resume')
    return { paused: false, hold: null, drift: drift && { ...drift, isAccepted: true } }
  if (action === 'watch' && isHuman(opened, person)) return { watchHolder: person }
  return {}
}
