import { describe, expect, test } from 'vitest'
import type { Check } from '#checks/check.ts'
import type { Drill } from '#checks/drill.ts'
import { tryDrill } from '#checks/try-drill.ts'
import { checks, drills } from './index.ts'

describe.each(drills as unknown as Drill[])('the drill of $item', (drill) => {
  test('is green without a fault and red with each', { timeout: 60_000 }, async () => {
    const check = checks.find((one) => one.id === drill.item) as unknown as Check<never>
    const { ground, faults } = await tryDrill(check, drill)
    expect(`${ground.verdict}: ${ground.summary}`).toMatch(/^pass/)
    for (const { fault, expect: expected, result } of faults)
      expect.soft(`${fault}: ${result.verdict}: ${result.summary}`).toContain(`${fault}: ${expected}:`)
  })
})
