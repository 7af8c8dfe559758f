import { SmallDeployment } from '#core/decide/small-deployment.ts'
import type { DeploymentEvent, EvidenceEntry, Opened, RosterEntry } from '#core/events.ts'
import { fold, openState } from '#core/fold.ts'
import { gateView } from '#core/gates.ts'
import { digestOf, sha256 } from '#core/json.ts'
import { GENESIS_HASH, type LogRecord, sealRecord } from '#core/record.ts'
import type { DeploymentState } from '#core/state.ts'
import type { Statement } from '#core/statement.ts'
import { makeDemoKey, memorySigner, signStatement } from '../signatures.ts'

export const STREAM = 'd-small'

/** A log that tests write: real events, sealed and signed for real, with people whose keys are made for it. */
export class SmallLog {
  readonly records: LogRecord[] = []
  readonly signers = new Map<string, ReturnType<typeof memorySigner>>()
  state: DeploymentState
  #at = 1_000_000

  constructor() {
    const { opened } = new SmallDeployment().state
    const roster = Object.fromEntries(
      Object.entries(opened.roster).map(([id, entry]) => [id, this.#withKey(id, entry)]),
    )
    const event: Opened = { ...opened, roster }
    this.state = openState(STREAM, { seq: 1, at: this.#at, event })
    this.#seal(event)
  }

  add(event: DeploymentEvent): this {
    this.#at += 1000
    this.state = fold(this.state, { seq: this.records.length + 1, at: this.#at, event })
    this.#seal(event)
    return this
  }

  checked(item: string, evidence: EvidenceEntry[] = []): this {
    const [verdict, claim] = ['pass', 'found'] as const
    const claimDigest = digestOf({ verdict, claim })
    const rest = { source: 'test', population: null, blanks: {}, durationMs: 1, evidenceAtMs: null }
    return this.add({
      type: 'checkSettled',
      item,
      verdict,
      summary: item,
      claim,
      claimDigest,
      evidence,
      ...rest,
    })
  }

  async attested(item: string, person: string): Promise<this> {
    const role = this.#roleOf(person)
    const statement = { ...this.#about(person), kind: 'attestation', item, role, text: 'seen by me' } as const
    return this.add({ type: 'attested', item, ...(await this.signed(person, statement)) })
  }

  async voted(person: string): Promise<this> {
    const { planDigest: plan, releaseDigest: release } = this.state.opened
    const { evidenceRoot } = gateView(this.state, 'planning', this.#at)
    const role = this.#roleOf(person)
    const about = { gate: 'planning', role, vote: 'GO', plan, release, evidenceRoot } as const
    const statement = { ...this.#about(person), kind: 'vote', ...about } as const
    return this.add({ type: 'voted', ...(await this.signed(person, statement)) })
  }

  gateOpened(): this {
    const { gate, evidenceRoot, votes } = gateView(this.state, 'planning', this.#at)
    return this.add({ type: 'gateOpened', gate, evidenceRoot, votes: votes.map((v) => v.person ?? '') })
  }

  async signed<S extends Statement>(person: string, statement: S) {
    const signer = this.signers.get(person)
    const signed = signer && (await signStatement(statement, signer))
    if (!signed?.ok) throw new Error(`${person} cannot sign`)
    const key = this.state.opened.roster[person]?.keys[0] ?? ''
    return { statement, signature: signed.signature, key, demo: true }
  }

  #about(person: string) {
    return { gonogo: 1, deployment: STREAM, person, at: this.#at } as const
  }

  #roleOf(person: string) {
    const [role] = this.state.opened.roster[person]?.roles ?? []
    if (!role) throw new Error(`${person} has no role`)
    return role
  }

  #withKey(id: string, entry: RosterEntry): RosterEntry {
    const { publicKeyLine, privateKeyPem } = makeDemoKey(`${id}@demo`)
    this.signers.set(id, memorySigner(privateKeyPem))
    return { ...entry, keys: [publicKeyLine], demo: true }
  }

  #seal({ type, ...data }: DeploymentEvent): void {
    const prev = this.records.at(-1)?.hash ?? GENESIS_HASH
    const seq = this.records.length + 1
    const plain: unknown = JSON.parse(JSON.stringify(data))
    this.records.push(
      sealRecord({ stream: STREAM, seq, at: this.#at, epoch: 1, type, v: 1, data: plain, prev }),
    )
  }
}

/** The records chained anew, as somebody without anyone's keys could do it. */
export function chainAnew(records: readonly LogRecord[]): LogRecord[] {
  const chained: LogRecord[] = []
  for (const [index, { hash: _hash, ...record }] of records.entries()) {
    const prev = chained.at(-1)?.hash ?? GENESIS_HASH
    chained.push(sealRecord({ ...record, seq: index + 1, prev }))
  }
  return chained
}

const SAMPLES = [1, 2, 3].map((n) => JSON.stringify({ atMs: n * 1000, scrape: null }))
export const samplesFile = Buffer.from(SAMPLES.map((line) => `${line}\n`).join(''))

/** A log with one of each: evidence, an attestation, a vote, an opened gate, sealed samples. */
export async function smallLog(evidence: EvidenceEntry): Promise<SmallLog> {
  const log = new SmallLog()
  log.checked('1.1.1', [evidence])
  await log.attested('1.1.2', 'cy')
  await log.voted('ada')
  const digest = sha256(SAMPLES.slice(0, 2).join('\n'))
  return log.gateOpened().add({ type: 'samplesSealed', fromMs: 1000, toMs: 2500, count: 2, digest })
}
