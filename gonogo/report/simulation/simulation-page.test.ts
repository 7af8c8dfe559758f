import { expect, it } from 'vitest'
import { renderSimulation } from './simulation-page.ts'

const answer = (rule: string, errorRate: number | null, medianRollbackMs: number) => ({
  rule,
  errorRate,
  deployments: 100,
  rolledBack: Number.isFinite(medianRollbackMs) ? 100 : 0,
  completed: 0,
  held: 0,
  medianRollbackMs,
  p95RollbackMs: medianRollbackMs,
  medianFailedRequests: 7,
  meanCanaryRequests: 70,
  medianCompletionMs: Number.POSITIVE_INFINITY,
})
const never = Number.POSITIVE_INFINITY
const answers = [
  answer('ours', null, never),
  answer('<theirs>', null, 1000),
  answer('ours', 0.05, 20_000),
  answer('<theirs>', 0.05, never),
  answer('ours', 1, 3000),
  answer('<theirs>', 1, 120_000),
]

it('the page shows every rule and fault, says never where it never came to that, and escapes what it is given', () => {
  const html = renderSimulation({
    service: 'shop & co',
    head: ['100 requests/s'],
    answers,
    verdict: 'all < good',
  })
  expect(html).toContain('What the policy of shop &amp; co would do')
  expect(html).not.toContain('<theirs>')
  expect(html.match(/<svg /g)).toHaveLength(2)
  expect(html).toContain('all &lt; good')
  expect(html.match(/scope="rowgroup">/g)).toHaveLength(2)
  expect(html).toContain('data-label="median">never<')
  expect(html).not.toMatch(/NaN|Infinity|undefined/)
})

it('without faults there is nothing to plot, and the healthy deployments are still told', () => {
  const html = renderSimulation({ service: 'shop', head: [], answers: answers.slice(0, 2), verdict: '' })
  expect(html).not.toContain('<svg ')
  expect(html).toContain('every rollback is a false one')
})
