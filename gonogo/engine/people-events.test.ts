import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SmallDeployment } from '#core/decide/small-deployment.ts'
import type { Attested, DeploymentEvent, Opened, Recorded } from '#core/events.ts'
import { itemStatus } from '#core/items.ts'
import type { Action } from '#core/statement.ts'
import { replayLog } from '#evidence/bundle/replay-log.ts'
import { verifySignatures } from '#evidence/bundle/verify-signatures.ts'
import { makeDemoKey, memorySigner, type Signer } from '#evidence/signatures.ts'
import { openSqliteStore } from '#store/sqlite-store.ts'
import type { Store } from '#store/store.ts'
import { Refusal } from './exit-codes.ts'
import { readState, toRecorded } from './journal.ts'
import { attest, decideBy } from './people-events.ts'
import { refuseForged } from './signed-records.ts'

const ID = 'd-people'
const MINUTE_MS = 60_000
let folder: string
let store: Store
let now: number
let opened: Opened
const signers: Record<string, Signer> = {}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gonogo-people-'))
  store = openSqliteStore(join(folder, 'log.sqlite'))
  now = 1_000_000
  const small = new SmallDeployment().state.opened
  const roster = Object.fromEntries(
    Object.entries(small.roster).map(([id, entry]) => {
      const { publicKeyLine, privateKeyPem } = makeDemoKey(id)
      signers[id] = memorySigner(privateKeyPem)
      return [id, { ...entry, keys: [publicKeyLine] }]
    }),
  )
  opened = { ...small, roster }
  write(opened)
})
afterEach(() => {
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

const seq = () => readState(store, ID)?.seq ?? 0

function write({ type, ...data }: DeploymentEvent): void {
  expect(store.append(ID, seq(), null, [{ at: now, type, data }]).ok).toBe(true)
}

const author = (person: string, signedBy = person) => {
  const signer = signers[signedBy]
  if (!signer) throw new Error(`no key of ${signedBy}`)
  return { person, signer }
}

const say = (person: string, action: Action, signedBy = person) =>
  decideBy(store, ID, author(person, signedBy), { action, reason: 'here' }, now)

const refused = (what: Promise<unknown>) =>
  what.then(
    () => 'nothing',
    (error: unknown) => (error instanceof Refusal ? error.code : error),
  )

/** The first hour, asked every 30 minutes with 5 to answer. */
function watched(): void {
  write({ type: 'watchStarted', firstHourEndsAtMs: now + 60 * MINUTE_MS, endsAtMs: now + 120 * MINUTE_MS })
  write({ type: 'stageEntered', stage: 'firstHour' })
}

function anHourLater(): void {
  now += 60 * MINUTE_MS
  write({ type: 'stageEntered', stage: 'watch' })
}

const ask = () => write({ type: 'presenceAsked', dueAtMs: now + 5 * MINUTE_MS })

function activeMonitoring() {
  const state = readState(store, ID)
  const item = state?.opened.plan.items.find((one) => one.id === '4.1.1')
  if (!state || !item) throw new Error('no 4.1.1')
  return itemStatus(state, item, now)
}

describe('the watch', () => {
  it('is kept by whoever took it and answers each prompt in time', async () => {
    watched()
    await say('bo', 'watch')
    ask()
    now += MINUTE_MS
    await say('bo', 'present')
    expect(activeMonitoring().state).toBe('unknown')
    anHourLater()
    expect(activeMonitoring()).toMatchObject({
      state: 'passed',
      value: 'Bo held the watch, 1 of 1 prompts acknowledged',
    })
  })

  it('is not kept by who let a prompt pass, or answered it too late', async () => {
    watched()
    await say('bo', 'watch')
    ask()
    now += 6 * MINUTE_MS
    expect(activeMonitoring().state).toBe('failed')
    expect(await refused(say('bo', 'present'))).toBe('not-asked')
  })

  it('is not kept by a presence said before anybody was asked', async () => {
    await say('bo', 'watch')
    expect(await refused(say('bo', 'present'))).toBe('not-asked')
    watched()
    ask()
    now += 61 * MINUTE_MS
    expect(activeMonitoring().state).toBe('failed')
  })

  it('takes presence from nobody else, and for nobody else', async () => {
    watched()
    await say('bo', 'watch')
    ask()
    expect(await refused(say('ada', 'present'))).toBe('not-on-watch')
    expect(await refused(say('bo', 'present', 'ada'))).toBe('foreign-key')
    expect(activeMonitoring().state).toBe('unknown')
  })

  it('takes no presence for somebody else that was written past gonogo into the log', async () => {
    watched()
    await say('bo', 'watch')
    ask()
    const statement = {
      gonogo: 1,
      kind: 'decision',
      deployment: ID,
      person: 'bo',
      at: now,
      action: 'present',
      reason: 'here',
      prompt: seq(),
    } as const
    write({
      type: 'decided',
      statement,
      signature: 'made up',
      key: opened.roster.bo?.keys[0] ?? '',
      demo: false,
    })
    const records = store.read(ID, 0).map(toRecorded)
    expect(() => refuseForged(ID, opened, records)).toThrow(/record 6 of d-people \(decided\): the signature/)
  })

  it('is asked again of who took it over, and nobody is watched by a bot', async () => {
    watched()
    await say('bo', 'watch')
    await say('cy', 'watch')
    ask()
    expect(await refused(say('bo', 'present'))).toBe('not-on-watch')
    await say('cy', 'present')
    expect(await refused(say('bot', 'watch'))).toBe('bot')
    anHourLater()
    expect(activeMonitoring().value).toBe('Cy held the watch, 1 of 1 prompts acknowledged')
  })
})

describe('what people say', () => {
  it('is taken from a bot where it stops a deployment, and nowhere else', async () => {
    for (const action of ['resume', 'confirm', 'approve', 'watch'] as const)
      expect(await refused(say('bot', action))).toBe('bot')
    await say('bot', 'pause')
    expect(readState(store, ID)?.paused).toBe(true)
  })

  it('skips the wait of a step, by the deployment lead, and nothing where no step waits', async () => {
    expect(await refused(say('ada', 'proceed'))).toBe('no-wait')
    write({ type: 'stepStarted', step: 0, weight: 10, dueAtMs: now + MINUTE_MS })
    expect(await refused(say('cy', 'proceed'))).toBe('not-entitled')
    await say('ada', 'proceed')
    const decided = {
      step: 0,
      weight: 10,
      decision: 'proceed',
      sentence: '',
      numbers: null,
      by: 'ada',
    } as const
    write({ type: 'stepDecided', ...decided })
    expect(await refused(say('ada', 'proceed'))).toBe('no-wait')
  })

  it('asks for no way back once the old version is being ended', async () => {
    write({ type: 'effectIntended', key: 'cleanup', effect: { kind: 'cleanup', keep: [] }, attempt: 1 })
    for (const action of ['abort', 'rollback'] as const)
      expect(await refused(say('ada', action))).toBe('too-late')
  })

  it('approves nothing of one’s own change', async () => {
    expect(await refused(say('nia', 'approve'))).toBe('not-entitled')
    await say('bo', 'approve')
  })

  it('of a rollback is taken when the deployment is closed, the rest is not', async () => {
    expect(await refused(say('ada', 'authorise'))).toBe('no-rollback')
    const numbers = { detectedAfterMs: null, numbers: null }
    write({ type: 'rollbackDecided', criterion: 'stakeholder-abort', reason: 'no', by: 'bo', ...numbers })
    write({ type: 'closed', status: 'rolled-back' })
    expect(await refused(say('bo', 'authorise'))).toBe('not-entitled')
    await say('ada', 'authorise')
    await say('eve', 'root-cause')
    expect(await refused(say('bo', 'pause'))).toBe('closed')
    // Whoever verifies the bundle follows the log to its very end.
    const records = store.read(ID, 0)
    expect([...replayLog(records), ...verifySignatures(records)]).toEqual([])
    expect(readState(store, ID)?.decisions.map((d) => d.event.statement.action)).toEqual([
      'authorise',
      'root-cause',
    ])
  })

  it('counts once, and for the item that was signed', async () => {
    await attest(store, ID, author('cy'), { item: '1.1.2', text: 'seen' }, now)
    const { event } = store.read(ID, 1).map(toRecorded)[0] as Recorded<Attested>
    const problemOf = (other: DeploymentEvent) => {
      const at = { seq: 3, at: now }
      return () =>
        refuseForged(ID, opened, [
          { ...at, seq: 2, event },
          { ...at, event: other },
        ])
    }
    expect(problemOf(event)).toThrow(/record 3 .*the signature was there before/)
    const elsewhere = { ...event, item: '1.1.3' }
    expect(() => refuseForged(ID, opened, [{ seq: 2, at: now, event: elsewhere }])).toThrow(
      /it says item 1\.1\.3, signed is item 1\.1\.2/,
    )
    const waived = { ...event, type: 'waived' } as unknown as DeploymentEvent
    expect(() => refuseForged(ID, opened, [{ seq: 2, at: now, event: waived }])).toThrow(
      /of the kind attestation/,
    )
  })

  it('fills the document’s blanks by their names', async () => {
    const about = { item: '1.1.2', text: 'seen', blanks: { cluster: 'prod-eu' } }
    await attest(store, ID, author('cy'), about, now)
    expect(readState(store, ID)?.items['1.1.2']?.attestation?.event.statement.blanks).toEqual({
      cluster: 'prod-eu',
    })
  })
})
