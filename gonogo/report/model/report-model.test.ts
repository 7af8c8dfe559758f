import { describe, expect, it } from 'vitest'
import { rolledBackDeployment } from '../fixture/rolled-back.ts'
import { successfulDeployment } from '../fixture/success.ts'
import type { ReportInput } from '../report-input.ts'
import { reportModel } from './report-model.ts'

const success = reportModel(successfulDeployment())
const rolledBack = reportModel(rolledBackDeployment())
const itemOf = (model: typeof success, id: string) =>
  model.phases.flatMap((p) => p.sections.flatMap((s) => s.items)).find((i) => i.id === id)
const blanksOf = (model: typeof success, section: string) => {
  const found = model.phases.flatMap((p) => p.sections).find((s) => s.id === section)
  return Object.fromEntries((found?.blanks ?? []).map((b) => [b.key, b.value]))
}
const measure = (model: typeof success, metric: string) =>
  model.closing.statistics.find((m) => m.metric === metric)

describe('the model of the report', () => {
  it('fills the blanks of the votes with the names of those who voted', () => {
    const blanks = Object.fromEntries((itemOf(success, '3.2.1')?.blanks ?? []).map((b) => [b.key, b.value]))
    expect(blanks).toMatchObject({
      'deployment-lead-vote': 'GO',
      'deployment-lead-name': 'Ana Alvarez',
      'security-lead-name': 'Cy Ross',
      'engineering-lead-name': 'Dee Okafor',
    })
  })

  it('fills a step with its error rate, its p95 as a bucket, the baseline and the decision', () => {
    const blanks = Object.fromEntries((itemOf(success, '3.3.3.1')?.blanks ?? []).map((b) => [b.key, b.value]))
    expect(blanks).toEqual({
      'error-rate': '0.02 % (1 of 4500)',
      'baseline-error-rate': '0.02 % (17 of 85500)',
      p95: '≤ 400 ms',
      'baseline-p95': '≤ 400 ms',
      decision: 'Proceed, by the analysis',
    })
  })

  it('says of a blank that nobody filled that it is not recorded, and why', () => {
    const empty = success.phases[0]?.sections
      .find((s) => s.id === '1.3')
      ?.blanks.find((b) => b.key === 'requests-cpu')
    expect(empty).toMatchObject({ value: null, because: '1.3.2 recorded no such value' })
  })

  it('marks exactly one strategy', () => {
    const choices = success.phases.flatMap((p) => p.sections.flatMap((s) => s.choices))
    expect(choices.filter((c) => c.marked).map((c) => c.title)).toEqual(['Canary Deployment'])
  })

  it('shows a waived item with its finding, reason, approver and expiry', () => {
    expect(itemOf(success, '1.1.5')).toMatchObject({
      state: 'waived',
      value: expect.stringContaining('GHSA-3h5v'),
      waiver: {
        reason: expect.stringContaining('not reachable'),
        by: { name: 'Cy Ross', key: expect.stringMatching(/^SHA256:[A-Za-z0-9+/]{43}$/) },
      },
    })
    expect(success.exceptions[0]).toMatchObject({ kind: 'waived', about: '1.1.5' })
  })

  it('says what an item was before it changed', () => {
    expect(itemOf(success, '1.3.6')?.history).toEqual([
      expect.stringMatching(
        /^was unknown “no answer.*”, now passed “.*99 days left.*” at 2026-11-23 13:12:\d\d UTC$/,
      ),
    ])
  })

  it('says that the review of the document is overdue', () => {
    expect(success.document.reviewOverdue).toBe(true)
    expect(success.exceptions.some((e) => e.kind === 'review')).toBe(true)
  })

  it('names demo keys wherever they signed', () => {
    expect(success.closing.postDeployment.find((s) => s.role === 'Engineering manager')?.by?.demo).toBe(true)
    expect(success.exceptions.some((e) => e.kind === 'demo')).toBe(true)
  })

  it('counts downtime and errors over the samples, and says so when there are none', () => {
    expect(measure(success, 'downtime')).toMatchObject({ actual: '0.0 min', met: 'met' })
    const unsampled = reportModel({ ...successfulDeployment(), samples: [] })
    expect(measure(unsampled, 'downtime')).toMatchObject({ actual: 'not measured', met: 'unknown' })
    expect(measure(unsampled, 'errorRate')).toMatchObject({ actual: 'not measured', met: 'unknown' })
    expect(unsampled.plots).toEqual({ shift: null, watch: null })
  })

  it('takes no bucket that holds the target for a success', () => {
    const input = successfulDeployment()
    const last = input.state.steps.at(-1)
    if (!last?.decision?.event.numbers) throw new Error('the fixture has a last step')
    const numbers = {
      ...last.decision.event.numbers,
      canary: { ...last.decision.event.numbers.canary, p95Ms: [400, 600] as const },
    }
    const steps = [{ ...last, decision: { ...last.decision, event: { ...last.decision.event, numbers } } }]
    const model = reportModel({ ...input, state: { ...input.state, steps } } satisfies ReportInput)
    expect(measure(model, 'latencyP95')).toMatchObject({ actual: '≤ 600 ms', met: 'unknown' })
  })

  it('tells the numbers of Appendix C beside those that were decided by', () => {
    const input = successfulDeployment()
    const [first, ...rest] = input.state.steps
    if (!first?.decision?.event.numbers) throw new Error('the fixture has a first step')
    const { canary } = first.decision.event.numbers
    const appendixC = { windowMs: 300_000, canary: { ...canary, errorRatio: 0.0123 }, baseline: null }
    const event = { ...first.decision.event, numbers: { ...first.decision.event.numbers, appendixC } }
    const steps = [{ ...first, decision: { ...first.decision, event } }, ...rest]
    const model = reportModel({ ...input, state: { ...input.state, steps } } satisfies ReportInput)
    expect(model.steps[0]?.appendixC).toMatch(/^Appendix C, over 5 min: 1\.23 % errors, p95 /)
    expect(model.steps[1]?.appendixC).toBeNull()
  })

  it('fills the details of a rollback', () => {
    expect(blanksOf(rolledBack, 'rollback')).toMatchObject({
      'rollback-minutes': '1.7 minutes',
      'system-restored': 'yes',
      'rollback-timestamp': '2026-11-23 13:36:48 UTC',
    })
    expect(rolledBack.steps.map((s) => s.decision)).toEqual(['proceed', 'rollback', null, null])
  })

  it('judges a closed deployment as of its end, whenever the report is made', () => {
    const later = reportModel({ ...successfulDeployment(), now: Date.parse('2030-01-01T00:00:00Z') })
    expect({ ...later, madeAt: success.madeAt }).toEqual(success)
  })

  it('reports a deployment that is still open', () => {
    const input = successfulDeployment()
    const open = reportModel({ ...input, state: { ...input.state, closed: null } })
    expect(open.status).toBe('open')
  })
})
