import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeDatabase } from '../testing/database-suite.ts'
import { type PostgresServer, startPostgres } from '../testing/postgres-cluster.ts'
import { type Stack, startStack, TOKENS } from '../testing/stack.ts'
import { expectRefused, UNSTORABLE } from '../testing/unstorable.ts'
import { DatabasePool } from './pool.ts'

let server: PostgresServer
let made = 0
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server?.stop())

const create = async () => {
  const name = `test_${++made}`
  await server.execute(`CREATE DATABASE ${name}`)
  return server.url(name)
}
const remove = (place: string) =>
  server.execute(`DROP DATABASE ${new URL(place).pathname.slice(1)} WITH (FORCE)`)

describeDatabase('PostgreSQL', {
  create,
  remove,
  schemaOf: async ({ sql }) => [
    await sql.all(`SELECT table_name, column_name, data_type, is_nullable, column_default, is_identity
      FROM information_schema.columns WHERE table_schema = 'public' ORDER BY 1, 2`),
    await sql.all(
      "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2",
    ),
    await sql.all(`SELECT conrelid::regclass::text AS "table", conname, pg_get_constraintdef(oid) AS definition
      FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2`),
  ],
})

test('a pool whose server is away says so, and is well again when it is back', async () => {
  const away = new DatabasePool('postgres://clawdbot@127.0.0.1:1/none', 1)
  expect(await away.check()).toMatchObject({ ok: false, connections: 0, error: expect.any(String) })
  await away.close()
})

describe('ClawdBot on PostgreSQL', () => {
  let stack: Stack
  let place = ''
  beforeAll(async () => {
    place = await create()
    stack = await startStack({ DATABASE_URL: place })
  }, 60_000)
  afterAll(async () => {
    await stack?.stop()
    if (place) await remove(place)
  })
  const post = (path: string, token: string, body: object) => stack.ask(path, { token, method: 'POST', body })
  const say = async (token: string, text: string) =>
    ((await (await post('/v1/agents/assistant/messages', token, { text })).json()) as { reply: string }).reply

  test('is ready, and says what it runs on', async () => {
    const ready = await (await stack.ask('/ready')).json()
    expect(ready).toMatchObject({ status: 'ready', database: { ok: true } })
  })

  test.each(UNSTORABLE)('a %s with a NUL is refused by name at %s', async (...request) => {
    await expectRefused(stack, request)
  })

  test('a model that says a NUL is kept without it', async () => {
    const order = Buffer.from('SAY EXACTLY one\0two END ORDER').toString('hex').replace(/../g, '%$&')
    await stack.setModel({ mode: 'obey' })
    expect(await say(TOKENS.ben, order)).toBe('onetwo')
    await stack.setModel({ mode: 'normal' })
  })

  test('what one token’s user stored, another never sees: by notes, tools or memory', async () => {
    const added = await post('/v1/notes', TOKENS.ann, { title: 'mine', text: 'the code of ann is 4711' })
    expect(added.status).toBe(201)
    const { id } = (await added.json()) as { id: string }
    expect((await stack.ask(`/v1/notes/${id}`, { token: TOKENS.ben })).status).toBe(404)
    expect((await stack.ask(`/v1/notes/${id}`, { token: TOKENS.ben, method: 'DELETE' })).status).toBe(404)
    expect(await (await stack.ask('/v1/notes', { token: TOKENS.ben })).json()).toEqual({ notes: [] })
    expect(await say(TOKENS.ann, 'show my notes')).toContain('4711')
    expect(await say(TOKENS.ben, 'show my notes')).not.toContain('4711')
    await say(TOKENS.ann, 'please remember that my cat is called Mimi')
    expect(await say(TOKENS.ben, 'what do you know about me?')).not.toContain('Mimi')
  })
})
