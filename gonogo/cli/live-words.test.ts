import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SmallDeployment } from '#core/decide/small-deployment.ts'
import type { DeploymentEvent } from '#core/events.ts'
import { readState } from '#engine/journal.ts'
import { deploymentFolder } from '#engine/workspace.ts'
import { openSqliteStore } from '#store/sqlite-store.ts'
import { completedChunks } from './chunks.ts'
import { describeEvent } from './describe-event.ts'
import { nextLines, nextQueue } from './next-queue.ts'
import { markSeen, sinceYouLeft } from './since-left.ts'

const planned = () => new SmallDeployment().checked('1.1.1').attested('1.1.2', 'cy', 'security-lead')

describe('a line of the live view', () => {
  it('says what a reopened item was and is, and whose votes that made void', () => {
    const before = planned().voted('planning', 'ada', 'deployment-lead').state
    const after = planned()
      .voted('planning', 'ada', 'deployment-lead')
      .checked('1.1.1', 'fail', 'something else')
    const event = after.state.items['1.1.1']?.check
    if (!event) throw new Error('no check')
    expect(describeEvent(event, after.state, before)).toEqual({
      word: '↻',
      text: '1.1.1 was “1.1.1 found”, now ✗ “1.1.1 something else” · voids the GO of Ada (deployment-lead)',
      tone: 'bad',
      plain:
        '1.1.1 reopened fail was “1.1.1 found”, now ✗ “1.1.1 something else” · voids the GO of Ada (deployment-lead) | do: gonogo check 1.1.1',
    })
  })

  it('tells first what somebody changed, and how it goes on, until a person has accepted it', () => {
    const d = planned().add({ type: 'driftSeen', detail: 'changed by somebody else: HTTPRoute web is gone' })
    expect(nextLines(d.state, d.now, 4)[0]).toBe(
      'next  ✗ changed by somebody else: HTTPRoute web is gone: undo it, or accept it with gonogo resume',
    )
    d.decided('ada', 'resume')
    expect(nextLines(d.state, d.now, 4).join()).not.toContain('undo it')
  })

  it('names no vote where nobody voted, and says the value of what closed', () => {
    const { state } = planned()
    const event = state.items['1.1.1']?.check
    if (!event) throw new Error('no check')
    expect(describeEvent(event, state, state)).toEqual({
      word: '✓',
      text: '1.1.1 1.1.1 found',
      tone: 'calm',
      plain: '1.1.1 pass 1.1.1 found',
    })
  })
})

describe('a section', () => {
  it('calls its completion, with how it was reached', () => {
    const d = new SmallDeployment().checked('1.1.1')
    expect(completedChunks(d.state, d.now).has('planning')).toBe(false)
    d.attested('1.1.2', 'cy', 'security-lead')
    expect(completedChunks(d.state, d.now).get('planning')).toBe('· 1 proven, 1 attested')
  })

  it('says what it is complete except for', () => {
    const d = new SmallDeployment().attested('1.1.2', 'cy', 'security-lead').checked('1.1.1', 'fail')
    const statement = {
      gonogo: 1,
      kind: 'waiver',
      deployment: 'd-small',
      person: 'eve',
      at: d.now,
      item: '1.1.1',
      role: 'engineering-lead',
      reason: 'accepted',
      expiresAt: d.now + 14 * 86_400_000,
      claim: d.state.items['1.1.1']?.check?.event.claimDigest ?? '',
    } as const
    d.add({ type: 'waived', item: '1.1.1', statement, signature: '', key: '', demo: false })
    expect(completedChunks(d.state, d.now).get('planning')).toBe(
      'except 1 waiver, expires in 14 d · 1 attested',
    )
  })
})

describe('the queue of what is next', () => {
  const order = (d: SmallDeployment) => nextQueue(d.state, d.now).map(({ item }) => item.id)

  it('has what reopened before what waits for a person, and marks it', () => {
    const unmeasured = new SmallDeployment()
    expect(order(unmeasured)).toEqual(['1.1.1', '1.1.2'])
    const reopened = new SmallDeployment().checked('1.1.1').checked('1.1.1', 'unknown', 'gone')
    expect(nextQueue(reopened.state, reopened.now).map((one) => [one.item.id, one.isReopened])).toEqual([
      ['1.1.1', true],
      ['1.1.2', false],
    ])
  })
})

describe('who comes back', () => {
  it('is told what happened since they left, by their mark or by what the engine wrote last', () => {
    const root = mkdtempSync(join(tmpdir(), 'gonogo-since-'))
    const store = openSqliteStore(join(root, '.gonogo', 'log.sqlite'))
    const write = (epoch: number | null, ...events: DeploymentEvent[]) => {
      for (const { type, ...data } of events) {
        const seq = readState(store, 'd-small')?.seq ?? 0
        expect(store.append('d-small', seq, epoch, [{ at: 1_000_000, type, data }]).ok).toBe(true)
      }
      const state = readState(store, 'd-small')
      if (!state) throw new Error('nothing in the log')
      return state
    }
    try {
      const { state } = planned()
      const check = state.items['1.1.1']?.check?.event
      const attestation = state.items['1.1.2']?.attestation?.event
      if (!check || !attestation) throw new Error('not planned')
      mkdirSync(deploymentFolder(root, 'd-small'), { recursive: true })
      store.lease('d-small', 'engine', 1_000_000, 1000)
      const first = write(1, state.opened, check)
      markSeen(root, first)
      const later = write(null, attestation)
      expect(sinceYouLeft(root, store, later, 1_000_000)).toBe('since you left: 1 closed, 0 reopened')
      // The mark is used up: what the engine wrote last is where it was killed.
      const broken = write(1, { ...check, verdict: 'fail' })
      expect(sinceYouLeft(root, store, broken, 1_000_000)).toBe('since you left: nothing → resume at 1.1.1')
      markSeen(root, first)
      expect(sinceYouLeft(root, store, broken, 1_000_000)).toBe(
        'since you left: 1 closed, 1 reopened → resume at 1.1.1',
      )
    } finally {
      store.close()
      rmSync(root, { recursive: true, force: true })
    }
  })
})
