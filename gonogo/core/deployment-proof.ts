import type { StepDecided } from './events.ts'
import { gateView, itemsBefore } from './gates.ts'
import { type ItemStatus, itemStatus } from './items.ts'
import { digestOf } from './json.ts'
import type { PlanItem } from './planned.ts'
import { answerTo, missedPrompts, openPrompt, unaskedAnswers } from './presence.ts'
import type { DeploymentState } from './state.ts'
import { isGood } from './verdict.ts'

type Proof = { readonly ok: boolean | null; readonly value: string; readonly at: number | null }

/**
 * Items that the deployment's own log proves. What an item is proved by stands in the checklist (`proof.by`), so that
 * another checklist can use the same proofs under other ids. Null: not decided yet.
 */
export function proveByDeployment(state: DeploymentState, item: PlanItem, now: number): ItemStatus | null {
  const prove = item.proves ? PROOFS[item.proves] : undefined
  if (!prove) return null
  const proof = prove(state, item, now)
  if (!proof) return null
  const verdict = proof.ok === null ? 'unknown' : proof.ok ? 'passed' : 'failed'
  return {
    state: verdict,
    value: proof.value,
    claimDigest: digestOf(proof.value),
    at: proof.at,
    waitsFor: !proof.ok && (item.proves === 'votes' || item.proves === 'watchHeld') ? 'person' : null,
  }
}

const PROOFS: Readonly<
  Record<string, (state: DeploymentState, item: PlanItem, now: number) => Proof | null>
> = {
  votes: (state, _item, now) => {
    const opened = state.gates.execution
    if (opened) return { ok: true, value: `opened on root ${short(opened.evidenceRoot)}`, at: opened.at }
    if (state.stage !== 'prechecks') return null
    const { votes } = gateView(state, 'execution', now)
    const said = votes.map((v) => `${v.role} ${v.state}`).join(' · ')
    return { ok: votes.some((v) => v.state === 'NO-GO') ? false : null, value: said, at: null }
  },
  prerequisites: (state, item, now) => {
    const opened = state.gates.execution
    if (opened) return { ok: true, value: 'every required item held at the last vote', at: opened.at }
    if (state.stage !== 'prechecks') return null
    const required = itemsBefore(state, 'execution').filter((i) => i.proves !== 'votes' && i.id !== item.id)
    const open = required.filter((i) => !isGood(itemStatus(state, i, now).state))
    const old = required.filter((i) => needsRecheck(state, i))
    if (open.length === 0 && old.length === 0)
      return { ok: true, value: `${required.length} of ${required.length} hold, re-checked now`, at: now }
    const named = [...open, ...old]
      .slice(0, 3)
      .map((i) => i.id)
      .join(', ')
    return {
      ok: null,
      value: `${open.length} of ${required.length} open, ${old.length} to re-check: ${named}`,
      at: null,
    }
  },
  deploy: (state) => {
    const deploy = Object.values(state.effects).find((e) => e.effect.kind === 'deploy')
    if (!deploy?.settled) return null
    return { ok: deploy.settled.ok, value: deploy.settled.detail, at: deploy.settled.at }
  },
  step: (state, item) => {
    const step = state.steps.find((s) => s.step === stepOf(state, item.id))
    const decision = step?.decision
    const rolledBack = state.rollback?.decided
    if (step && !decision && rolledBack)
      return { ok: false, value: rolledBack.event.reason, at: rolledBack.at }
    if (!step) return null
    const until = `under way at ${step.weight} %, until ${new Date(step.dueAtMs).toISOString().slice(11, 19)}Z`
    if (!decision) return { ok: null, value: until, at: null }
    const { event } = decision
    return {
      ok: event.decision === 'proceed',
      value: `${describeNumbers(event)} ${event.sentence}`.trim(),
      at: decision.at,
    }
  },
  watchHeld: (state, _item, now) => watchHeld(state, now),
  report: (state) => reported(state, 'report'),
  incident: (state) => reported(state, 'incident'),
  rollbackDecided: (state) => {
    const decided = state.rollback?.decided
    return decided ? { ok: true, value: decided.event.reason, at: decided.at } : null
  },
  rollbackSent: (state) => effectProof(state, 'notify:rollback'),
  reverted: (state) => effectProof(state, 'revert'),
  notified: (state) => effectProof(state, 'notify:completed'),
}

/** The watch was taken by a person, and each time it was asked, whoever held it answered in time. */
function watchHeld(state: DeploymentState, now: number): Proof | null {
  const { watch, prompts, watchHolder } = state
  if (!watch || (prompts.length === 0 && !watchHolder)) return null
  const who = watchHolder ? (state.opened.roster[watchHolder]?.name ?? watchHolder) : 'nobody'
  const answers =
    prompts.length > 0 ? prompts.flatMap((p) => answerTo(state, p) ?? []) : unaskedAnswers(state)
  const at = answers.at(-1)?.at ?? null
  const said =
    prompts.length > 0 ? `${answers.length} of ${prompts.length} prompts acknowledged` : 'no prompt'
  const missed = missedPrompts(state, now)
  if (missed[0])
    return {
      ok: false,
      value: `${said}: none by ${new Date(missed[0].event.dueAtMs).toISOString()}; ${who} has the watch`,
      at,
    }
  const isOver = state.stageEnteredAt.watch !== undefined && openPrompt(state, now) === null
  if (!isOver || answers.length === 0) return { ok: null, value: `${who} has the watch, ${said}`, at }
  return { ok: true, value: `${who} held the watch, ${said}`, at }
}

function reported(state: DeploymentState, name: string): Proof | null {
  const report = state.reports[name]
  return report ? { ok: true, value: `${name} written, ${short(report.digest)}`, at: report.at } : null
}

function effectProof(state: DeploymentState, prefix: string): Proof | null {
  const found = Object.values(state.effects).filter((e) => e.key.startsWith(prefix) && e.settled)
  const settled = found.at(-1)?.settled
  if (!settled) return null
  const details = [...new Set(found.map((e) => e.settled?.detail ?? ''))]
  return { ok: found.every((e) => e.settled?.ok), value: details.join(' · '), at: settled.at }
}

/** The step an item of 3.3.3 stands for: the first items for the first steps, the last one for the step at 100 %. */
export function stepOf(state: DeploymentState, itemId: string): number {
  const ids = state.opened.plan.items
    .filter((i) => i.proves === 'step' && i.applies !== 'no')
    .map((i) => i.id)
  const last = state.opened.plan.steps.length - 1
  const index = ids.indexOf(itemId)
  return index === ids.length - 1 ? last : index
}

/** A pass from before the last check-up, which a cheap proof repeats just before the votes. */
export function needsRecheck(state: DeploymentState, item: PlanItem): boolean {
  const since = state.stageEnteredAt.prechecks
  const record = state.items[item.id]
  if (since === undefined || !item.bound || !record?.check || state.gates.execution) return false
  return state.opened.checks[item.id]?.recheck !== false && record.check.at < since
}

const short = (digest: string) => digest.replace('sha256:', '').slice(0, 8)

function describeNumbers(event: StepDecided): string {
  if (!event.numbers) return ''
  const { canary, baseline } = event.numbers
  const percent = (r: number | null | undefined) =>
    r === null || r === undefined ? 'no data' : `${(r * 100).toFixed(2)} %`
  return `error rate ${percent(canary.errorRatio)} (baseline ${percent(baseline?.errorRatio)});`
}
