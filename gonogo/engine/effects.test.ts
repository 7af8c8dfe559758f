import { expect, test } from 'vitest'
import { SmallDeployment } from '#core/decide/small-deployment.ts'
import type { Effect } from '#core/events.ts'
import type { Migration, Target } from '#targets/target.ts'
import { type EffectWorld, perform } from './effects.ts'

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
