import type { PhaseId } from '#core/checklist.ts'
import { gateView } from '#core/gates.ts'
import { itemStatus } from '#core/items.ts'
import { peopleFor } from '#core/people.ts'
import type { PlanItem } from '#core/plan.ts'
import type { Role } from '#core/roles.ts'
import type { DeploymentState } from '#core/state.ts'
import { Refusal } from '#engine/exit-codes.ts'
import { readState } from '#engine/journal.ts'
import { type Author, attest, decideBy, vote, waive } from '#engine/people-events.ts'
import type { Signer } from '#evidence/signatures.ts'
import type { Store } from '#store/store.ts'

const LOOK_EVERY_MS = 150
const PRESENT_EVERY_MS = 5000
const TEAM = ['deployment-lead', 'engineering-lead', 'security-lead', 'sre-on-call'] as const
const WAIVER_MS = 14 * 86_400_000
/** Checks that this machine may be unable to run; the cast accepts that by signature. A failure is never waived. */
const WAIVED_WHEN_UNKNOWN = new Map([
  ['1.2.2', 'follows from 1.1.5, whose registry offers no audit here'],
  ['1.1.5', 'the package registry offers no audit here; the lockfile was read by hand'],
])
/** Proofs that need a sandbox; they are unknown on a machine without bubblewrap, where only the release's own skills run. */
const NEEDS_SANDBOX = ['1.2.7', 'A.3.3', 'A.3.4', 'A.3.5']

/**
 * The demo's people. They answer what the deployment asks of them, each with a key of their own made for the demo, and
 * every signature says that it is a demo's. Returns what stops them.
 */
export function startCast(
  store: Store,
  id: () => string | null,
  signers: ReadonlyMap<string, Signer>,
): () => void {
  let isBusy = false
  let presentAt = 0
  const timer = setInterval(async () => {
    const current = id()
    if (isBusy || !current) return
    isBusy = true
    try {
      const state = readState(store, current)
      if (state && !state.closed) presentAt = await answer(store, state, signers, presentAt)
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
  presentAt: number,
): Promise<number> {
  const now = Date.now()
  const author = (role: Role) => authorFor(state, role, signers)
  for (const item of state.opened.plan.items) await answerItem(store, state, item, author, now)
  for (const gate of Object.keys(state.opened.plan.gates) as PhaseId[])
    await voteOn(store, state, gate, author, now)
  await confirmTeam(store, state, author, now)
  const monitor = author('sre-on-call')
  if (!monitor || !state.watch) return presentAt
  if (!state.watchHolder)
    await decideBy(store, state.id, monitor, { action: 'watch', reason: 'takes the watch (demo cast)' }, now)
  if (now - presentAt < PRESENT_EVERY_MS || state.stageEnteredAt.documentation !== undefined) return presentAt
  await decideBy(
    store,
    state.id,
    monitor,
    { action: 'present', reason: 'watching the dashboard (demo cast)' },
    now,
  )
  return now
}

/** Each of the team says once that they take part, as 2.3.1 wants it of them. */
async function confirmTeam(
  store: Store,
  state: DeploymentState,
  author: AuthorOf,
  now: number,
): Promise<void> {
  for (const role of TEAM) {
    const someone = author(role)
    const hasConfirmed = state.decisions.some((d) => d.event.statement.person === someone?.person)
    if (someone && !hasConfirmed)
      await decideBy(store, state.id, someone, { action: 'present', reason: 'takes part (demo cast)' }, now)
  }
}

type AuthorOf = (role: Role) => Author | null

async function answerItem(
  store: Store,
  state: DeploymentState,
  item: PlanItem,
  author: AuthorOf,
  now: number,
): Promise<void> {
  const status = itemStatus(state, item, now)
  const someone = author(item.role)
  if (status.state !== 'unknown' || !someone) return
  if (status.waitsFor === 'person' && item.proof === 'attestation') {
    const text = `${item.title}: looked at for ${state.opened.release.version}, in order (demo cast)`
    await attest(store, state.id, someone, { item: item.id, text, value: undefined, link: undefined }, now)
  }
  const reason = WAIVED_WHEN_UNKNOWN.get(item.id) ?? withoutSandbox(item.id, status.value)
  if (reason && item.bound && status.at !== null)
    await waive(
      store,
      state.id,
      someone,
      { item: item.id, reason: `${reason} (demo cast)`, expiresAt: now + WAIVER_MS },
      now,
    )
}

/** Only the want of bubblewrap is accepted, not any other reason not to know. */
const withoutSandbox = (item: string, said: string): string | undefined =>
  NEEDS_SANDBOX.includes(item) && said.includes('bubblewrap')
    ? 'no bubblewrap on this machine: no skill runs that would need it'
    : undefined

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
