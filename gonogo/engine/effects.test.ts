import { expect, test } from 'vitest'
import { SmallDeployment } from '#core/decide/small-deployment.ts'
import type { Effect } from '#core/events.ts'
import type { Migration, Target } from '#targets/target.ts'
import { type EffectWorld, perform } from './effects.ts'

test('going back has worked where its counts cannot be read, and why they cannot is said', async () => {
  const target = {
    revert: async () => ({ ok: true, detail: '1.0.0 has all traffic' }),
    metrics: { sample: () => Promise.reject(new Error('connect ECONNREFUSED')) },
  } as unknown as Target
  const lastRequestAt = () => Promise.reject(new Error('no answer'))
  const effect: Effect = { kind: 'revert', version: '1.0.0', drop: '1.1.0' }
  const world = { target, lastRequestAt } as unknown as EffectWorld
  const settled = await perform(world, new SmallDeployment().state, 'revert:1.0.0', effect)
  expect(settled).toEqual({
    ok: true,
    code: null,
    detail:
      '1.0.0 has all traffic; its last request cannot be read: no answer; its counters cannot be read: connect ECONNREFUSED',
    lastRequestAtMs: null,
    failedRequests: null,
  })
})

test('a call that is made again after a crash has the same key, and one that failed another', async () => {
  const keys: string[] = []
  const target = {
    migrate: async (_migration: Migration, called: string) => {
      keys.push(called)
      return { ok: false, code: 'migration-failed', detail: 'no' }
    },
  } as unknown as Target
  const d = new SmallDeployment()
  const key = 'migrate:down'
  const effect: Effect = { kind: 'migrate', direction: 'down', to: 2 }
  const attempt = async (n: number) => {
    d.add({ type: 'effectIntended', key, effect, attempt: n })
    return perform({ target } as EffectWorld, d.state, key, effect)
  }
  await attempt(1)
  const { ok, code, detail } = await attempt(2)
  d.add({ type: 'effectSettled', key, ok, code, detail, durationMs: 1 })
  await attempt(3)
  expect(keys).toEqual(['d-small/migrate:down', 'd-small/migrate:down', 'd-small/migrate:down#1'])
})
