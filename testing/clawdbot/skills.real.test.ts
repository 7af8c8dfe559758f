import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Check, CheckContext } from '../../gonogo/checks/check.ts'
import { CHECKS } from '../../gonogo/checks/registry.ts'
import { tryCheck } from '../../gonogo/checks/try-drill.ts'
import type { Json } from '../../gonogo/core/json.ts'
import { type Changes, startClawdBot } from './environment.ts'

const ITEMS = ['A.3.1', 'A.3.2', 'A.3.3', 'A.3.4', 'A.3.5'] as const
const faulty = (name: string): Changes => ({ skills: { command: ['node', `faults/${name}.ts`] } })

/** The verdicts of all items on skills, against ClawdBot as the repository's gonogo.yaml declares it. */
async function verdicts(changes: Changes): Promise<Record<string, string>> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-skills-'))
  const running = await startClawdBot(folder, changes)
  try {
    const found: Record<string, string> = {}
    for (const item of ITEMS) {
      const check = CHECKS.get(item) as unknown as Check<never>
      const config = { ...(running.context.service?.checks[item] as object), ...settingsOf(item) }
      const result = await tryCheck(
        check,
        config as Json,
        { folder },
        running.context as Partial<CheckContext>,
      )
      found[item] = `${result.verdict}: ${result.summary}`
    }
    return found
  } finally {
    await running.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

/** One target stands for both environments here. */
const settingsOf = (item: string): object =>
  item === 'A.3.5' ? { folder: '.gonogo/environments/production/skills', within: '3s' } : {}

const expected = (...failing: readonly string[]) =>
  Object.fromEntries(
    ITEMS.map((item) => [item, expect.stringMatching(failing.includes(item) ? /^fail: / : /^pass: /)]),
  )

describe('the items on skills', { timeout: 240_000 }, () => {
  test('pass against ClawdBot as shipped, in a sandbox', async () => {
    expect(await verdicts({})).toEqual(expected())
  })

  test('name a server that only says its skills are locked in', async () => {
    // An added skill finds no kit outside of the sandbox and is refused; that is no word on discovery.
    expect(await verdicts(faulty('skills-unlocked'))).toEqual({
      ...expected('A.3.3', 'A.3.4'),
      'A.3.5': expect.stringMatching(/^unknown: greet was not taken up/),
    })
  })

  test('name a server without limits', async () => {
    expect(await verdicts(faulty('skills-unlimited'))).toEqual(expected('A.3.4'))
  })

  test('name a server that does not look for skills', async () => {
    expect(await verdicts(faulty('skills-deaf'))).toEqual(expected('A.3.5'))
  })
})
