import { describe, expect, it } from 'vitest'
import { SmallDeployment } from './decide/small-deployment.ts'
import { evidenceRoot, gateView } from './gates.ts'
import { itemStatus } from './items.ts'

const ready = () => new SmallDeployment().checked('1.1.1').attested('1.1.2', 'cy', 'security-lead')

const stateOf = (d: SmallDeployment, id: string) => {
  const item = d.state.opened.plan.items.find((i) => i.id === id)
  if (!item) throw new Error(`no ${id}`)
  return itemStatus(d.state, item, d.now).state
}

describe('gates', () => {
  it('opens only when every item is good and each role has voted GO', () => {
    const d = ready()
    expect(gateView(d.state, 'planning', d.now).isOpen).toBe(false)
    d.voted('planning', 'ada', 'deployment-lead')
    expect(gateView(d.state, 'planning', d.now).isOpen).toBe(true)
  })

  it('stays shut while an item is unknown, even with a GO', () => {
    const d = new SmallDeployment().attested('1.1.2', 'cy', 'security-lead').checked('1.1.1', 'unknown')
    d.voted('planning', 'ada', 'deployment-lead')
    expect(gateView(d.state, 'planning', d.now).isOpen).toBe(false)
  })

  it('voids a vote when evidence changes, and keeps it when a re-check finds the same', () => {
    const d = ready().voted('planning', 'ada', 'deployment-lead')
    d.checked('1.1.1', 'pass', 'found')
    expect(gateView(d.state, 'planning', d.now).isOpen).toBe(true)
    d.checked('1.1.1', 'pass', 'something else')
    expect(gateView(d.state, 'planning', d.now).votes[0]?.state).toBe('void')
  })

  it('takes no vote of an author, of a bot, or of somebody without the role', () => {
    for (const person of ['nia', 'bot', 'bo']) {
      const d = ready().voted('planning', person, 'deployment-lead')
      expect(gateView(d.state, 'planning', d.now).votes[0]?.state).toBe('none')
    }
  })

  it('lets a NO-GO stand until the evidence is another', () => {
    const d = ready()
      .voted('planning', 'ada', 'deployment-lead', 'NO-GO')
      .voted('planning', 'ada', 'deployment-lead')
    expect(gateView(d.state, 'planning', d.now).votes[0]?.state).toBe('NO-GO')
    d.checked('1.1.1', 'pass', 'mended').voted('planning', 'ada', 'deployment-lead')
    expect(gateView(d.state, 'planning', d.now).isOpen).toBe(true)
  })

  it('has a root that knows neither times nor votes', () => {
    const d = ready()
    const root = evidenceRoot(d.state, 'planning', d.now)
    d.voted('planning', 'ada', 'deployment-lead').checked('1.1.1')
    expect(evidenceRoot(d.state, 'planning', d.now)).toBe(root)
  })
})

describe('items', () => {
  it('become unknown when their evidence grows old', () => {
    const d = ready()
    d.now += 30 * 86_400_000 + 1
    expect(stateOf(d, '1.1.1')).toBe('unknown')
  })

  it('are not closed by an attestation when a check is bound and fails', () => {
    const d = new SmallDeployment().checked('1.1.1', 'fail').attested('1.1.1', 'eve', 'engineering-lead')
    expect(stateOf(d, '1.1.1')).toBe('failed')
  })

  it('are attested only by the item’s role', () => {
    const d = new SmallDeployment().attested('1.1.2', 'ada', 'deployment-lead')
    expect(stateOf(d, '1.1.2')).toBe('unknown')
  })

  it('are waived for one finding only, and until a date', () => {
    const d = new SmallDeployment().checked('1.1.1', 'fail', 'cve-1')
    const claim = d.state.items['1.1.1']?.check?.event.claimDigest ?? ''
    const statement = {
      gonogo: 1,
      kind: 'waiver',
      deployment: 'd-small',
      person: 'eve',
      at: d.now,
      item: '1.1.1',
      role: 'engineering-lead',
      reason: 'accepted',
      expiresAt: d.now + 1000,
      claim,
    } as const
    d.add({ type: 'waived', item: '1.1.1', statement, signature: '', key: '', demo: false })
    expect(stateOf(d, '1.1.1')).toBe('waived')
    d.checked('1.1.1', 'fail', 'cve-2')
    expect(stateOf(d, '1.1.1')).toBe('failed')
    d.checked('1.1.1', 'fail', 'cve-1')
    d.now += 1001
    expect(stateOf(d, '1.1.1')).toBe('failed')
  })
})
