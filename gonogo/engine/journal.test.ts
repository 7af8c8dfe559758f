import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { SmallDeployment } from '#core/decide/small-deployment.ts'
import type { DeploymentEvent } from '#core/events.ts'
import { openSqliteStore } from '#store/sqlite-store.ts'
import { type Store, StoreProblem } from '#store/store.ts'
import { systemClock } from './clock.ts'
import { Deposed, Journal, readState } from './journal.ts'

let folder = ''
let store: Store
let isLost = false

/** The real store behind a disk that can be lost. */
function losable(real: Store): Store {
  return new Proxy(real, {
    get: (target, name) => {
      const method = target[name as keyof Store]
      if (typeof method !== 'function') return method
      return (...args: unknown[]) => {
        if (isLost) throw new StoreProblem('disk-full', 'the disk is full')
        return (method as (...a: unknown[]) => unknown).apply(target, args)
      }
    },
  })
}

beforeEach(() => {
  isLost = false
  folder = mkdtempSync(join(tmpdir(), 'gonogo-journal-'))
  store = losable(openSqliteStore(join(folder, 'log.sqlite')))
  const { type, ...data } = new SmallDeployment().state.opened
  store.append('d-1', 0, null, [{ at: 1, type, data }])
  store.lease('d-1', 'me', 0, 1000)
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const held: DeploymentEvent = { type: 'held', reason: 'waiting' }
const rollback: DeploymentEvent = {
  type: 'rollbackDecided',
  criterion: 'errorRate',
  reason: 'errors',
  by: null,
  detectedAfterMs: 1,
  numbers: null,
}

describe('the journal', () => {
  it('records a decision only on the state it was made on', () => {
    const journal = new Journal(store, systemClock, 'd-1', 1)
    store.append('d-1', 1, null, [{ at: 2, type: 'held', data: { reason: 'someone else' } }])
    expect(journal.decide({ type: 'released', reason: 'x' })).toBe(false)
    journal.refresh()
    expect(journal.state.hold?.reason).toBe('someone else')
    expect(journal.decide({ type: 'released', reason: 'x' })).toBe(true)
  })

  it('acts on no vote that its person has not signed', () => {
    const journal = new Journal(store, systemClock, 'd-1', 1)
    const statement = {
      gonogo: 1,
      kind: 'decision',
      deployment: 'd-1',
      person: 'ada',
      at: 2,
      action: 'proceed',
      reason: 'x',
    }
    store.append('d-1', 1, null, [
      { at: 2, type: 'decided', data: { statement, signature: 'none', key: '', demo: false } },
    ])
    expect(() => journal.refresh()).toThrow(/record 2 of d-1/)
  })

  it('stops at once when a newer engine has the lease', () => {
    const journal = new Journal(store, systemClock, 'd-1', 1)
    store.lease('d-1', 'other', 5000, 1000)
    expect(() => journal.decide(held)).toThrow(Deposed)
  })

  it('decides nothing forward without storage', () => {
    const journal = new Journal(store, systemClock, 'd-1', 1)
    isLost = true
    expect(() => journal.decide(held)).toThrow(StoreProblem)
    expect(journal.state.hold).toBeNull()
  })

  it('writes down what was cut in the middle of a letter', () => {
    const journal = new Journal(store, systemClock, 'd-1', 1)
    journal.outcome({ type: 'held', reason: 'the job said \ud83d' })
    expect(readState(store, 'd-1')?.hold?.reason).toBe('the job said \ufffd')
  })

  it('goes back from memory without storage, and records it later in order', () => {
    const journal = new Journal(store, systemClock, 'd-1', 1)
    isLost = true
    expect(journal.decide(rollback)).toBe(true)
    journal.outcome({
      type: 'effectIntended',
      key: 'revert:1.0.0',
      effect: { kind: 'revert', version: '1.0.0', drop: '1.1.0' },
      attempt: 1,
    })
    expect(journal.state.rollback).not.toBeNull()
    expect(journal.unrecorded).toBe(2)
    isLost = false
    expect(journal.flush()).toBe(true)
    expect(journal.unrecorded).toBe(0)
    expect(readState(store, 'd-1')?.effects['revert:1.0.0']?.attempts).toBe(1)
  })
})
