import { expect, test } from 'vitest'
import type { Check, RecordedResult } from '../check.ts'
import { canary, counters, growing, measured, running } from '../live/traffic-drill.ts'
import { tryCheck } from '../try-drill.ts'
import { check } from './4.2.2-resource-trend.ts'

const END = 1_000_000
const timeline = { watchStartedAtMs: END - 12_000, watchEndsAtMs: END }

test('what a watch was too busy to read is read after it, by the same processes', async () => {
  let last: RecordedResult | null = null
  const said: string[] = []
  for (let n = 0; n < 7; n++) {
    const overrides = {
      ...measured(growing(counters(canary, 1000)), [running(canary)]),
      timeline: timeline as never,
      // One reading in the watch's last second, the others after it.
      now: () => END - 500 + n * 1000,
      resultOf: () => last,
    }
    const { verdict, summary, claim } = await tryCheck(
      check as never as Check<never>,
      { growth: 1 },
      { folder: '/nowhere' },
      overrides,
    )
    said.push(`${verdict}: ${summary}`)
    last = { verdict, claim, summary, evidence: [], atMs: 0 }
  }
  expect(said[0]).toMatch(/^unknown: the watch lasts another/)
  expect(said[1]).toMatch(/^unknown: 2 readings since .* a slope needs 6: reading on/)
  expect(said.slice(-2)).toEqual([expect.stringMatching(/^pass: .* 6 readings/), expect.anything()])
})
