import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { openDatabase } from '../database/open.ts'
import type { Started } from '../runtime/component.ts'
import { type PostgresServer, startPostgres } from '../testing/postgres-cluster.ts'
import { type Stack, startStack, TOKENS } from '../testing/stack.ts'
import { startGateway } from './gateway.ts'

const FAILURES = 3
const SETTINGS = { BREAKER_FAILURES: String(FAILURES), BREAKER_OPEN_MS: '1500' }

let server: PostgresServer
let stack: Stack
let second: Started
let place = ''
let made = 0
beforeAll(async () => {
  server = await startPostgres()
}, 60_000)
afterAll(() => server?.stop())
beforeEach(async () => {
  const name = `breakers_${++made}`
  await server.execute(`CREATE DATABASE ${name}`)
  place = server.url(name)
  stack = await startStack({ DATABASE_URL: place, ...SETTINGS })
  second = await startGateway({
    environment: {
      ...SETTINGS,
      PORT: '0',
      DATABASE_URL: place,
      AGENT_URL: stack.agent,
      MODELS: 'clawdbot-stub',
      MODEL_URL: stack.model,
      TOKENS_FILE: stack.tokensFile,
      DRAIN_DELAY_MS: '0',
    },
    logStream: { write: () => {} },
  })
  await expect.poll(() => listeners(), { timeout: 10_000 }).toBe(3)
})
afterEach(async () => {
  await second?.close()
  await stack?.stop()
})

/** Connections that listen for signals: of the agent and of two gateways. */
async function listeners(): Promise<number> {
  const connection = openDatabase(server.url())
  const asked =
    "SELECT 1 FROM pg_stat_activity WHERE application_name = 'clawdbot signals' AND state = 'idle' AND query LIKE 'LISTEN%'"
  return (await connection.sql.all(asked).finally(() => connection.close())).length
}

const complete = async (gateway: string) => {
  const started = performance.now()
  const answer = await fetch(new URL('/v1/chat/completions', gateway), {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKENS.ann}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'clawdbot-stub', messages: [{ role: 'user', content: 'hi' }] }),
  })
  const { code } = (await answer.json()) as { code?: string }
  return { status: answer.status, code, ms: performance.now() - started }
}
const openAt = async (gateway: string) =>
  (await (await fetch(new URL('/metrics', gateway))).text()).includes(
    'upstream_breaker_state{upstream="model",state="open"} 1',
  )

test('a breaker that opens in one gateway is open in the other, which made no call, and each closes again', async () => {
  await stack.setModel({ mode: 'fail' })
  for (let n = 0; n < FAILURES; n++) expect((await complete(stack.gateway)).status).toBe(502)
  await expect.poll(() => openAt(second.url), { timeout: 1_000, interval: 20 }).toBe(true)
  expect(await complete(second.url)).toMatchObject({ status: 503, code: 'circuit_open' })
  await stack.setModel({ mode: 'normal' })
  for (const gateway of [stack.gateway, second.url])
    await expect.poll(async () => (await complete(gateway)).status, { timeout: 5_000 }).toBe(200)
})

test('with the database away calls go on at once, and signals are back when it is', async () => {
  await server.execute(`ALTER DATABASE ${new URL(place).pathname.slice(1)} ALLOW_CONNECTIONS false`)
  await server.execute(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '${new URL(place).pathname.slice(1)}'`,
  )
  // The rate limit falls back to this instance; the breaker has nothing to wait for.
  expect((await complete(stack.gateway)).status).toBe(200)
  await stack.setModel({ mode: 'fail' })
  for (let n = 0; n < FAILURES; n++) expect((await complete(stack.gateway)).status).toBe(502)
  expect(await complete(stack.gateway)).toMatchObject({ status: 503, code: 'circuit_open' })
  expect(await openAt(second.url)).toBe(false)
  await stack.setModel({ mode: 'normal' })
  await server.execute(`ALTER DATABASE ${new URL(place).pathname.slice(1)} ALLOW_CONNECTIONS true`)
  await expect.poll(() => listeners(), { timeout: 10_000 }).toBe(3)
  await expect.poll(async () => (await complete(second.url)).status, { timeout: 5_000 }).toBe(200)
  await stack.setModel({ mode: 'fail' })
  for (let n = 0; n < FAILURES; n++) expect((await complete(second.url)).status).toBe(502)
  await expect.poll(() => openAt(stack.gateway), { timeout: 1_000, interval: 20 }).toBe(true)
})
