import { expect, it } from 'vitest'
import { LogWriter } from '../fixture/log-writer.ts'
import { openDeployment } from '../fixture/opening.ts'
import { successfulDeployment } from '../fixture/success.ts'
import { timelineOf } from './timeline.ts'

it('holds every event of the log, each once or in a group', () => {
  const input = successfulDeployment()
  const entries = timelineOf(input)
  expect(entries.reduce((sum, e) => sum + e.count, 0)).toBe(input.events.length)
  for (const entry of entries) expect(entry.sentence).not.toMatch(/undefined|NaN|\[object/)
})

it('groups looks with the same result and begins anew with another', () => {
  const log = new LogWriter(Date.parse('2026-11-23T13:12:00Z'))
  openDeployment(log)
  const item = log.state.opened.plan.items.find((i) => i.bound)
  if (!item) throw new Error('the fixture binds checks')
  log.check(item, 'unknown', 'no answer')
  log.check(item, 'unknown', 'no answer')
  log.check(item, 'pass', 'answered')
  const entries = timelineOf({ ...successfulDeployment(), state: log.state, events: log.events })
  expect(entries.map((e) => e.count)).toEqual([1, 2, 1])
  expect(entries[1]?.sentence).toContain('2 times, last at 13:12:01Z')
})
