import { expect, test } from 'vitest'
import { tryDrill } from '#checks/try-drill.ts'
import { drill } from './1.2.2-open-findings.drill.ts'
import { check } from './1.2.2-open-findings.ts'

test('open findings close the gate unless a valid waiver covers exactly them', async () => {
  const { ground, faults } = await tryDrill(check as never, drill)
  expect(`${ground.verdict}: ${ground.summary}`).toMatch(/^pass/)
  expect(ground.summary).toContain('1 waived')
  for (const { fault, expect: expected, result } of faults)
    expect.soft(`${fault}: ${result.verdict}: ${result.summary}`).toContain(`${fault}: ${expected}:`)
})
