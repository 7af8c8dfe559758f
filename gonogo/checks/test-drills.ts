import { describe, expect, test } from 'vitest'
import type { Check } from './check.ts'
import type { Drill } from './drill.ts'
import { tryDrill } from './try-drill.ts'

/** For a section's test: every check of it has a drill, each green on its ground and red with each of its faults. */
export function testDrills(section: {
  readonly checks: readonly unknown[]
  readonly drills: readonly unknown[]
}): void {
  const checks = section.checks as readonly Check[]
  const drills = section.drills as readonly Drill[]
  test('every check has its drill', () => {
    expect(drills.map((drill) => drill.item).sort()).toEqual(checks.map((check) => check.id).sort())
  })
  describe.each(drills)('the drill of $item', (drill) => {
    test('is green without a fault and red with each', { timeout: 120_000 }, async () => {
      const check = checks.find((one) => one.id === drill.item) as unknown as Check<never>
      const { ground, faults } = await tryDrill(check, drill)
      expect(`${ground.verdict}: ${ground.summary}`).toMatch(/^pass/)
      for (const { fault, expect: expected, result } of faults)
        expect.soft(`${fault}: ${result.verdict}: ${result.summary}`).toContain(`${fault}: ${expected}:`)
    })
  })
}
