import type { PhaseId } from '#core/checklist.ts'
import { isOldVersionGone } from '#core/decide/rollback-reason.ts'
import type { DeploymentEvent } from '#core/events.ts'
import { gateView } from '#core/gates.ts'
import { appliesNow, waivableClaim } from '#core/items.ts'
import { isEntitled, whyNotEntitled } from '#core/people.ts'
import { openPrompt } from '#core/presence.ts'
import { ROLES, type Role } from '#core/roles.ts'
import { type DeploymentState, emptyItem } from '#core/state.ts'
import {
  type Action,
  AFTERWARDS,
  type Attestation,
  type Decision,
  type Signed,
  type Statement,
  type Vote,
  type Waiver,
} from '#core/statement.ts'
import { type Signer, signStatement, verifyStatement } from '#evidence/signatures.ts'
import type { Store } from '#store/store.ts'
import { EXIT, Refusal } from './exit-codes.ts'
import { readState } from './journal.ts'

export type Author = { readonly person: string; readonly signer: Signer }

const MAX_CONFLICTS = 50

/** A person's signed statement, appended to the log. Throws a Refusal that says why it would not count. */
export async function attest(
  store: Store,
  id: string,
  author: Author,
  about: Pick<Attestation, 'item' | 'text' | 'value' | 'link' | 'blanks'>,
  now: number,
) {
  const state = mustRead(store, id)
  const item = mustHaveItem(state, about.item)
  if (item.bound)
    throw new Refusal(
      'bound',
      `${item.id} is proved by a check; it takes a waiver, not an attestation: gonogo waive ${item.id}`,
      EXIT.notGood,
    )
  if (item.strict || item.proof === 'deployment')
    throw new Refusal(
      'not-attestable',
      `${item.id} is proved by the deployment itself; nobody attests it`,
      EXIT.notGood,
    )
  refuseUnless(state, author.person, item.role)
  const statement: Attestation = {
    gonogo: 1,
    kind: 'attestation',
    deployment: id,
    person: author.person,
    role: item.role,
    at: now,
    ...about,
  }
  return append(store, id, now, {
    type: 'attested',
    item: item.id,
    ...(await sign(state, author, statement)),
  })
}

/** A signed risk exception for exactly the finding that stands in the log now. */
export async function waive(
  store: Store,
  id: string,
  author: Author,
  about: { item: string; reason: string; expiresAt: number },
  now: number,
) {
  const state = mustRead(store, id)
  const item = mustHaveItem(state, about.item)
  if (item.strict) throw new Refusal('not-waivable', `${item.id} takes no waiver`, EXIT.notGood)
  refuseUnless(state, author.person, item.role)
  const maxAge = state.opened.policy.waivers.maxAge
  if (about.expiresAt <= now)
    throw new Refusal(
      'expired',
      `the waiver would end before it begins (${new Date(about.expiresAt).toISOString()}); give a later --expires`,
    )
  if (about.expiresAt > now + maxAge)
    throw new Refusal(
      'too-long',
      `a waiver lasts ${Math.floor(maxAge / 86_400_000)} days at most (policy.waivers.maxAge); give an earlier --expires`,
    )
  const claim = waivableClaim(state.items[item.id] ?? emptyItem)
  const statement: Waiver = {
    gonogo: 1,
    kind: 'waiver',
    deployment: id,
    person: author.person,
    role: item.role,
    at: now,
    claim,
    ...about,
  }
  return append(store, id, now, { type: 'waived', item: item.id, ...(await sign(state, author, statement)) })
}

/** A vote on a gate, bound to the plan, the release and the evidence as they stand now. */
export async function vote(
  store: Store,
  id: string,
  author: Author,
  about: { gate: PhaseId; role: Role; vote: 'GO' | 'NO-GO'; reason?: string },
  now: number,
) {
  const state = mustRead(store, id)
  const view = gateView(state, about.gate, now)
  if (!view.votes.some((v) => v.role === about.role))
    throw new Refusal('no-such-vote', `the gate ${about.gate} does not ask the role ${about.role}`)
  refuseUnless(state, author.person, about.role)
  const elsewhere = state.votes.find(
    ({ event }) =>
      event.statement.person === author.person &&
      event.statement.gate === about.gate &&
      event.statement.role !== about.role,
  )
  if (elsewhere)
    throw new Refusal(
      'second-role',
      `${author.person} has voted as ${elsewhere.event.statement.role} already; one person has one voting role`,
      EXIT.notGood,
    )
  if (about.vote === 'GO' && view.blockers.length > 0)
    throw new Refusal(
      'blocked',
      `${view.blockers.length} items block this gate, first ${view.blockers[0]?.id}; a GO on them would be void`,
      EXIT.notGood,
    )
  const statement: Vote = {
    gonogo: 1,
    kind: 'vote',
    deployment: id,
    person: author.person,
    at: now,
    plan: state.opened.planDigest,
    release: state.opened.releaseDigest,
    evidenceRoot: view.evidenceRoot,
    ...about,
  }
  return append(store, id, now, { type: 'voted', ...(await sign(state, author, statement)) })
}

/** Pause, resume, abort, rollback, proceed, confirm, take the watch, say that one is present, authorise afterwards. */
export async function decideBy(
  store: Store,
  id: string,
  author: Author,
  about: { action: Action; reason: string },
  now: number,
) {
  const state = mustRead(store, id)
  const entry = state.opened.roster[author.person]
  if (!entry) throw new Refusal('unknown-person', `${author.person} is not in the roster`)
  if (entry.bot && !STOPS.includes(about.action))
    throw new Refusal(
      'bot',
      `${entry.name} is a bot; it may pause, abort and roll back, nothing else`,
      EXIT.notGood,
    )
  if (about.action === 'proceed' || about.action === 'authorise')
    refuseUnless(state, author.person, 'deployment-lead')
  if (about.action === 'proceed' && !isWaiting(state))
    throw new Refusal(
      'no-wait',
      `${id} waits at no step of its traffic now; there is nothing to skip`,
      EXIT.notGood,
    )
  if (ENDS.includes(about.action) && (state.closed || isOldVersionGone(state)))
    throw new Refusal(
      'too-late',
      `${id} ${state.closed ? `is closed (${state.closed.status})` : 'has ended the old version'}; to go back, deploy ${state.opened.stable?.version ?? 'the version before'} as a release of its own`,
      EXIT.notGood,
    )
  if (about.action === 'approve' && !holdsRole(state, author.person))
    throw new Refusal('not-entitled', `${entry.name} wrote this change or holds no role in it`, EXIT.notGood)
  if (AFTERWARDS.includes(about.action) && !state.rollback)
    throw new Refusal(
      'no-rollback',
      `${id} was not rolled back; there is nothing to ${about.action}`,
      EXIT.notGood,
    )
  const prompt = about.action === 'present' ? { prompt: promptFor(state, author.person, now) } : {}
  const statement: Decision = {
    gonogo: 1,
    kind: 'decision',
    deployment: id,
    person: author.person,
    at: now,
    ...about,
    ...prompt,
  }
  return append(store, id, now, { type: 'decided', ...(await sign(state, author, statement)) })
}

/** At a step that has begun and is not decided: the one wait that a person may cut short. */
const isWaiting = ({ steps, rollback }: DeploymentState): boolean =>
  rollback === null && steps.some((step) => step.decision === null)

const ENDS: readonly Action[] = ['abort', 'rollback']
/** Stopping is safe, whoever asks for it. */
const STOPS: readonly Action[] = ['pause', 'abort', 'rollback']

const holdsRole = ({ opened }: DeploymentState, person: string): boolean =>
  (Object.keys(ROLES) as Role[]).some((role) => isEntitled(opened, person, role))

/** The record that asks whether the watch is kept; only who holds the watch answers it. */
function promptFor(state: DeploymentState, person: string, now: number): number {
  const { watchHolder, opened } = state
  if (watchHolder !== person) {
    const who = watchHolder ? (opened.roster[watchHolder]?.name ?? watchHolder) : 'nobody'
    throw new Refusal(
      'not-on-watch',
      `${who} has the watch, and nobody is present for another; take it with: gonogo watch --as ${person}`,
      EXIT.notGood,
    )
  }
  const prompt = openPrompt(state, now)
  if (!prompt)
    throw new Refusal('not-asked', 'nobody asks at the moment; the next prompt will be shown', EXIT.notGood)
  return prompt.seq
}

async function sign<S extends Statement>(
  state: DeploymentState,
  author: Author,
  statement: S,
): Promise<Signed<S>> {
  const entry = state.opened.roster[author.person]
  const keys = entry?.keys ?? []
  if (keys.length === 0)
    throw new Refusal(
      'no-key',
      `${author.person} has no key in the roster; add one under people.${author.person}.keys`,
    )
  const signed = await signStatement(statement, author.signer)
  if (!signed.ok) throw new Refusal(signed.code, signed.message, EXIT.environment)
  const verified = verifyStatement(statement, signed.signature, keys)
  if (!verified.ok)
    throw new Refusal(
      'foreign-key',
      `the signature is not by a key of ${author.person} in the roster: ${verified.message}`,
      EXIT.notGood,
    )
  return { statement, signature: signed.signature, key: verified.key, demo: entry?.demo ?? false }
}

/**
 * Others append at the same time; a person's statement stands on its own, so it is simply put behind. What is said of a
 * rollback afterwards comes when the deployment is closed; nothing else does.
 */
function append(store: Store, id: string, at: number, event: DeploymentEvent): DeploymentState {
  const { type, ...data } = event
  for (let i = 0; i < MAX_CONFLICTS; i++) {
    const state = mustRead(store, id)
    if (state.closed && !(state.rollback && isSaidAfterwards(event)))
      throw new Refusal('closed', `deployment ${id} is closed (${state.closed.status})`, EXIT.notGood)
    if (store.append(id, state.seq, null, [{ at, type, data }]).ok) return mustRead(store, id)
  }
  throw new Refusal('busy', `the log of ${id} is too busy; try again`, EXIT.environment)
}

const isSaidAfterwards = (event: DeploymentEvent): boolean =>
  event.type === 'decided' && AFTERWARDS.includes(event.statement.action)

function mustRead(store: Store, id: string): DeploymentState {
  const state = readState(store, id)
  if (!state) throw new Refusal('no-deployment', `there is no deployment ${id}; gonogo status lists them`)
  return state
}

function mustHaveItem(state: DeploymentState, id: string) {
  const item = state.opened.plan.items.find((i) => i.id === id)
  if (!item)
    throw new Refusal('unknown-item', `there is no item ${id} in ${state.opened.plan.checklist.name}`)
  if (appliesNow(state, item).applies === 'no')
    throw new Refusal('not-applicable', `${id} does not apply: ${item.reason}`, EXIT.notGood)
  return item
}

function refuseUnless(state: DeploymentState, person: string, role: Role): void {
  const why = whyNotEntitled(state.opened, person, role)
  if (why) throw new Refusal('not-entitled', why, EXIT.notGood)
}
