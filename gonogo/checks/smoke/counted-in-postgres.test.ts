import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Check } from '../check.ts'
import { startDrillPostgres } from '../live/drill-postgres.ts'
import { scratchIn, tryCheck } from '../try-drill.ts'
import { drill } from './3.3.2.5-reads-and-writes.drill.ts'
import { check } from './3.3.2.5-reads-and-writes.ts'

test('one instance is believed where a PostgreSQL has the record, and has it no more afterwards', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-counted-'))
  const asked: string[] = []
  const database = await startDrillPostgres((sql) => ({ count: asked.push(sql) === 1 ? '1' : '0' }))
  const { config, context = {}, close } = await drill.ground(scratchIn(folder))
  try {
    const [instance] = (await context.environment?.candidates()) ?? []
    const environment = {
      ...context.environment,
      candidates: async () => [instance],
      access: async (key: string) => (key === 'database' ? database.url : context.environment?.access(key)),
    }
    const more = { query: 'SELECT count(*) FROM notes WHERE id = ?', postgres: 'database' }
    const { verdict, summary } = await tryCheck(
      check as never as Check<never>,
      { ...(config as object), ...more },
      { folder },
      { ...context, environment: environment as never },
    )
    expect(`${verdict}: ${summary}`).toMatch(/^pass: .*found in the database/)
    expect(asked).toEqual([expect.stringMatching(/WHERE id = '.+'$/), asked[0]])
  } finally {
    await close?.()
    await database.close()
    await rm(folder, { recursive: true, force: true })
  }
})
