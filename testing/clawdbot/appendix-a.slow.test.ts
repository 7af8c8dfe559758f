import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Check } from '../../gonogo/checks/check.ts'
import { CHECKS } from '../../gonogo/checks/registry.ts'
import { tryCheck } from '../../gonogo/checks/try-drill.ts'
import { type Changes, type RunningClawdBot, startClawdBot } from './environment.ts'

/** Real processes, judged by the checks that gonogo.yaml binds; each fault turns exactly its own items red. */
const ITEMS = ['A.1.5', 'A.2.1', 'A.2.2', 'A.2.3', 'A.2.4', 'A.2.5']

const agent = (fault: string): Changes => ({
  agent: { command: ['node', 'faults/agent.ts'], env: { FAULT: fault } },
})

const SITUATIONS: readonly { name: string; changes: Changes; red: readonly string[] }[] = [
  { name: 'as shipped', changes: {}, red: [] },
  { name: 'with an agent that runs any tool', changes: agent('any-tool'), red: ['A.2.2'] },
  { name: 'with an agent that lets secrets out', changes: agent('any-secret'), red: ['A.2.2'] },
  { name: 'with memory in process', changes: agent('memory-in-process'), red: ['A.2.2', 'A.2.4'] },
  { name: 'without a deadline', changes: agent('no-deadline'), red: ['A.2.5'] },
  { name: 'without a context budget', changes: agent('no-budget'), red: ['A.2.3'] },
  {
    name: 'with retries in place of a breaker',
    changes: { gateway: { command: ['node', 'faults/gateway.ts'], env: { FAULT: 'retries-for-a-breaker' } } },
    red: ['A.1.5'],
  },
  {
    name: 'with a model that takes any key',
    changes: { model: { env: { API_KEYS_FILE: '' } } },
    red: ['A.2.1'],
  },
]

describe.each(SITUATIONS)('ClawdBot $name', ({ changes, red }) => {
  test(`fails ${red.join(' and ') || 'nothing'}, and passes the rest`, { timeout: 300_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gonogo-clawdbot-'))
    let running: RunningClawdBot | null = null
    try {
      running = await startClawdBot(folder, changes)
      for (const item of ITEMS) {
        const check = CHECKS.get(item) as Check<never>
        const config = running.context.service?.checks[item] ?? {}
        const result = await tryCheck(
          check,
          config as never,
          { folder },
          { ...running.context, root: folder },
        )
        expect
          .soft(`${item} ${result.verdict}: ${result.summary}`)
          .toContain(`${item} ${red.includes(item) ? 'fail' : 'pass'}:`)
      }
    } finally {
      await running?.stop()
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
