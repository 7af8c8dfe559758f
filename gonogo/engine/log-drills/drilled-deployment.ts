import { join } from 'node:path'
import type { Checklist, PhaseId, ProvedBy, Stage } from '#core/checklist.ts'
import type { DeploymentEvent, RosterEntry } from '#core/events.ts'
import { fold, foldAll } from '#core/fold.ts'
import { itemStatus } from '#core/items.ts'
import { digestOf } from '#core/json.ts'
import type { PlanItem } from '#core/planned.ts'
import { ROLES, type Role } from '#core/roles.ts'
import type { DeploymentState } from '#core/state.ts'
import type { Action, Statement } from '#core/statement.ts'
import type { Verdict } from '#core/verdict.ts'
import { makeDemoKey, memorySigner, type Signer, signStatement } from '#evidence/signatures.ts'
import { openSqliteStore } from '#store/sqlite-store.ts'
import type { Store } from '#store/store.ts'
import { toRecorded } from '../journal.ts'
import { attest, decideBy, vote } from '../people-events.ts'
import { refuseForged } from '../signed-records.ts'
import { opened, reduced } from './drilled-plan.ts'

export const ID = 'd-drill'

/** Whoever holds a role is called by it; beside them an author, and a bot, who hold the engineering lead's role. */
const PEOPLE: readonly string[] = [...Object.keys(ROLES), 'author', 'bot']

/** A deployment in a log of its own, with real keys, on what a checklist proves by the log and one check and one person's item. */
export class DrilledDeployment {
  now = Date.UTC(2026, 0, 5, 12)
  readonly store: Store
  readonly checklist: Checklist
  readonly #signers = new Map<string, Signer>()
  #state: DeploymentState | null = null

  constructor(folder: string, checklist: Checklist) {
    this.checklist = reduced(checklist)
    this.store = openSqliteStore(join(folder, 'log.sqlite'))
    const roster: Record<string, RosterEntry> = {}
    for (const id of PEOPLE) {
      const { publicKeyLine, privateKeyPem } = makeDemoKey(id)
      this.#signers.set(id, memorySigner(privateKeyPem))
      const roles: Role[] = id in ROLES ? [id as Role] : ['engineering-lead']
      const one = { name: id, contact: id, backupFor: [], demo: true, bot: id === 'bot' }
      roster[id] = { ...one, roles, keys: [publicKeyLine] }
    }
    this.write(opened(this.checklist, roster))
    this.#state = foldAll(ID, this.store.read(ID, 0).map(toRecorded))
  }

  /** People append behind this one's back, so what is new is read each time. */
  get state(): DeploymentState {
    const fresh = this.store.read(ID, this.#state?.seq ?? 0).map(toRecorded)
    this.#state = this.#state ? fresh.reduce(fold, this.#state) : foldAll(ID, fresh)
    return this.#state
  }

  write({ type, ...data }: DeploymentEvent): void {
    if (!this.store.append(ID, this.#state ? this.state.seq : 0, null, [{ at: this.now, type, data }]).ok)
      throw new Error(`the drill could not write ${type}`)
  }

  enter(stage: Stage): void {
    this.now += 1000
    this.write({ type: 'stageEntered', stage })
  }

  checked(verdict: Verdict = 'pass', found = 'found'): void {
    this.now += 1000
    const item = this.bound.id
    const claimDigest = digestOf({ verdict, claim: found })
    const rest = { source: 'the drill', population: null, evidence: [], blanks: {}, durationMs: 1 }
    const summary = `${item} ${found}`
    this.write({
      type: 'checkSettled',
      item,
      verdict,
      summary,
      claim: found,
      claimDigest,
      ...rest,
      evidenceAtMs: null,
    })
  }

  /** Everything that the gates before execution ask for. */
  async ready(): Promise<void> {
    this.checked()
    for (const { id, role, proof } of this.state.opened.plan.items)
      if (proof === 'attestation')
        await attest(this.store, ID, this.author(role), { item: id, text: 'seen' }, this.now)
    this.enter('preparation')
    this.enter('prechecks')
    this.checked()
  }

  say = (person: string, action: Action) =>
    decideBy(this.store, ID, this.author(person), { action, reason: 'the drill' }, this.now)

  voteOf = (person: string, role: Role, said: 'GO' | 'NO-GO' = 'GO', gate: PhaseId = 'execution') =>
    vote(this.store, ID, this.author(person), { gate, role, vote: said }, this.now)

  /** A statement that never passed gonogo's own doors, signed by whomever. */
  async smuggle(type: 'voted' | 'decided', statement: Statement, signedBy: string): Promise<void> {
    const signed = await signStatement(statement, this.author(signedBy).signer)
    const signature = signed.ok ? signed.signature : ''
    const key = this.state.opened.roster[signedBy]?.keys[0] ?? ''
    this.write({ type, statement, signature, key, demo: true } as DeploymentEvent)
  }

  author(person: string) {
    const signer = this.#signers.get(person)
    if (!signer) throw new Error(`the drill has no ${person}`)
    return { person, signer }
  }

  get bound(): PlanItem {
    const item = this.state.opened.plan.items.find((one) => one.bound)
    if (!item) throw new Error('the checklist has no check before its gates')
    return item
  }

  /** What the log says of the first item that is proved so, as the engine would read it: a forged log says nothing. */
  verdictOf(by: ProvedBy): { verdict: Verdict; summary: string } {
    const { state } = this
    refuseForged(ID, state.opened, this.store.read(ID, 0).map(toRecorded))
    const item = state.opened.plan.items.find((one) => one.proves === by)
    if (!item) throw new Error(`the checklist proves nothing by ${by}`)
    const status = itemStatus(state, item, this.now)
    const verdict = status.state === 'passed' ? 'pass' : status.state === 'failed' ? 'fail' : 'unknown'
    return { verdict, summary: `${status.state}: ${status.value}` }
  }

  close(): void {
    this.store.close()
  }
}
