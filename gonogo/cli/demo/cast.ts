import type { PhaseId } from '#core/checklist.ts'
import { gateView } from '#core/gates.ts'
import { itemStatus } from '#core/items.ts'
import { peopleFor } from '#core/people.ts'
import type { PlanItem } from '#core/planned.ts'
import { openPrompt } from '#core/presence.ts'
import type { Role } from '#core/roles.ts'
import type { DeploymentState } from '#core/state.ts'
import type { Action } from '#core/statement.ts'
import { Refusal } from '#engine/exit-codes.ts'
import { readState } from '#engine/journal.ts'
import { type Author, attest, decideBy, vote, waive } from '#engine/people-events.ts'
import type { Signer } from '#evidence/signatures.ts'
import type { Store } from '#store/store.ts'

const LOOK_EVERY_MS = 150
const TEAM = ['deployment-lead', 'engineering-lead', 'security-lead', 'sre-on-call'] as const
const WAIVER_MS = 14 * 86_400_000
/** Checks that this machine may be unable to run; the cast accepts that by signature. A failure is never waived. */
const WAIVED_WHEN_UNKNOWN = new Map([
  ['1.2.2', 'follows from 1.1.5, whose registry offers no audit here'],
  ['1.1.5', 'the package registry offers no audit here; the lockfile was read by hand'],
])
/** What a person writes into the blanks of items that no check proves here. */
const BLANKS: Readonly<Record<string, readonly string[]>> = {
  '1.2.1': ['security-tool', 'security-scan-id'],
  '1.3.1': ['cluster', 'namespace'],
  '1.4.1': ['change-ticket'],
  '2.2.7': ['primary-dashboard'],
  '2.3.2': ['communication-channel'],
  '2.4.5': ['alert-channels'],
}
const ANSWERS: Readonly<Record<string, string>> = {
  cluster: 'none: processes on this machine',
  'communication-channel': '#engineering',
}

/** The demo has no tracker, scanner or dashboard, and its people say so. */
function blanksFor(item: string, environment: string): { blanks?: Record<string, string> } {
  const keys = BLANKS[item]
  if (!keys) return {}
  const answer = (key: string) => (key === 'namespace' ? environment : (ANSWERS[key] ?? 'none in the demo'))
  return { blanks: Object.fromEntries(keys.map((key) => [key, answer(key)])) }
}

/** Items that no check can prove where the demo runs, and why; the cast attests them with that reason. */
export type LeftToCast = Readonly<Record<string, string>>

/**
 * The demo's people. They answer what the deployment asks of them, each with a key of their own made for the demo, and
 * every signature says that it is a demo's. Returns what stops them.
 */
export function startCast(
  store: Store,
  id: () => string | null,
  signers: ReadonlyMap<string, Signer>,
  left: LeftToCast = {},
): () => void {
  let isBusy = false
  const timer = setInterval(async () => {
    const current = id()
    if (isBusy || !current) return
    isBusy = true
    try {
      const state = readState(store, current)
      if (state && !state.closed) await answer(store, state, signers, left)
    } catch (error) {
      // What somebody else changed meanwhile is looked at anew next time.
      if (!(error instanceof Refusal)) throw error
    } finally {
      isBusy = false
    }
  }, LOOK_EVERY_MS)
  return () => clearInterval(timer)
}

async function answer(
  store: Store,
  state: DeploymentState,
  signers: ReadonlyMap<string, Signer>,
  left: LeftToCast,
): Promise<void> {
  const now = Date.now()
  const author = (role: Role) => authorFor(state, role, signers)
  for (const item of state.opened.plan.items) await answerItem(store, state, item, author, now, left[item.id])
  for (const gate of Object.keys(state.opened.plan.gates) as PhaseId[])
    await voteOn(store, state, gate, author, now)
  await sayOnce(store, state, author, now)
  const monitor = author('sre-on-call')
  if (!monitor || !state.watch) return
  const say = (action: Action, reason: string) => decideBy(store, state.id, monitor, { action, reason }, now)
  if (!state.watchHolder) await say('watch', 'takes the watch (demo cast)')
  else if (openPrompt(state, now)) await say('present', 'watching the dashboard (demo cast)')
}

/** The team confirms, as 2.3.1 wants it of each; who approves without a vote does that, as the sign-off block asks. */
async function sayOnce(store: Store, state: DeploymentState, author: AuthorOf, now: number): Promise<void> {
  const said = (action: Action, person: string) =>
    state.decisions.some((d) => d.event.statement.action === action && d.event.statement.person === person)
  const say = async (action: Action, role: Role, reason: string) => {
    const someone = author(role)
    if (!someone || said(action, someone.person)) return
    await decideBy(store, state.id, someone, { action, reason: `${reason} (demo cast)` }, now)
  }
  for (const role of TEAM) await say('confirm', role, 'takes part')
  if (state.stage === 'prechecks') await say('approve', 'engineering-manager', 'approves the deployment')
}

type AuthorOf = (role: Role) => Author | null

async function answerItem(
  store: Store,
  state: DeploymentState,
  item: PlanItem,
  author: AuthorOf,
  now: number,
  unprovable: string | undefined,
): Promise<void> {
  const status = itemStatus(state, item, now)
  const someone = author(item.role)
  if (status.state !== 'unknown' || !someone) return
  if (status.waitsFor === 'person' && item.proof === 'attestation') {
    const looked = unprovable ?? `looked at for ${state.opened.release.version}, in order`
    const text = `${item.title}: ${looked} (demo cast)`
    const blanks = blanksFor(item.id, state.opened.environment)
    await attest(store, state.id, someone, { item: item.id, text, ...blanks }, now)
  }
  const reason = WAIVED_WHEN_UNKNOWN.get(item.id)
  if (reason && item.bound && status.at !== null)
    await waive(
      store,
      state.id,
      someone,
      { item: item.id, reason: `${reason} (demo cast)`, expiresAt: now + WAIVER_MS },
      now,
    )
}

async function voteOn(
  store: Store,
  state: DeploymentState,
  gate: PhaseId,
  author: AuthorOf,
  now: number,
): Promise<void> {
  if (state.gates[gate] || state.rollback) return
  const view = gateView(state, gate, now)
  if (view.blockers.length > 0) return
  const open = view.votes.find((v) => v.state === 'none' || v.state === 'void')
  const someone = open && author(open.role)
  if (!open || !someone) return
  await vote(store, state.id, someone, { gate, role: open.role, vote: 'GO', reason: 'demo cast' }, now)
}

function authorFor(state: DeploymentState, role: Role, signers: ReadonlyMap<string, Signer>): Author | null {
  const [person] = peopleFor(state.opened, role)
  const signer = person ? signers.get(person) : undefined
  return person && signer ? { person, signer } : null
}
