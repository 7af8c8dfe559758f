import { expect, test } from 'vitest'
import { IdleWatch } from './idle-watch.ts'

test('nobody who asked for a minute is idle; a call that takes longer than that is not', () => {
  const watch = new IdleWatch(0)
  expect([watch.isIdle(60_000), watch.isIdle(60_001)]).toEqual([false, true])
  watch.begin()
  expect(watch.isIdle(600_000)).toBe(false)
  watch.end(600_000)
  expect([watch.isIdle(660_000), watch.isIdle(660_001)]).toEqual([false, true])
})
