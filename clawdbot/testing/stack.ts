import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startAgent } from '../agent/agent.ts'
import { migrateUp } from '../database/migrate.ts'
import { migrationsFor } from '../database/migrations.ts'
import { openDatabase } from '../database/open.ts'
import { startGateway } from '../gateway/gateway.ts'
import { startModelStub } from '../model-stub/model-stub.ts'
import { startSkills } from '../skills/skills.ts'

export const TOKENS = {
  ann: 'token-of-ann-0001',
  ben: 'token-of-ben-0002',
  ada: 'token-of-ada-0003',
  old: 'token-old-0004',
}

/** What the agent must never let out. */
export const CANARY = 'canary-of-the-stack-4711'

export interface Stack {
  gateway: string
  model: string
  agent: string
  file: string
  tokensFile: string
  /** Every line that the gateway has logged. */
  log: () => Record<string, unknown>[]
  /** Puts the model stub into a mode. */
  setModel: (mode: object) => Promise<void>
  /** What the model was asked last. */
  askedLast: () => Promise<{ messages: { role: string; content: string }[] }>
  ask: (
    path: string,
    options?: { token?: string; method?: string; body?: unknown; headers?: Record<string, string> },
  ) => Promise<Response>
  stop: () => Promise<void>
}

/** All four processes' servers in this one, on ports of their own, with a database of their own. */
export async function startStack(settings: Record<string, string> = {}): Promise<Stack> {
  const folder = mkdtempSync(join(tmpdir(), 'clawdbot-stack-'))
  const file = join(folder, 'clawdbot.sqlite')
  const database = openDatabase(settings.DATABASE_URL ?? file)
  await migrateUp(database, await migrationsFor(database.sql.kind))
  await database.close()
  const tokens = join(folder, 'tokens.json')
  writeFileSync(tokens, JSON.stringify({ tokens: knownTokens() }))
  const lines: string[] = []
  const logStream = { write: (line: string) => void lines.push(line) }
  const common = {
    PORT: '0',
    DATABASE_FILE: file,
    DRAIN_DELAY_MS: '0',
    DRAIN_TIMEOUT_MS: '2000',
    DATABASE_URL: settings.DATABASE_URL,
  }
  const model = await startModelStub({ environment: { ...common }, logStream: { write: () => {} } })
  const skills = await startSkills({
    environment: { ...common, FETCH_HOSTS: settings.FETCH_HOSTS },
    logStream: { write: () => {} },
  })
  const agent = await startAgent({
    environment: {
      ...common,
      SKILLS_URL: skills.url,
      MODEL_URL: model.url,
      MODEL_API_KEY: 'stub',
      AGENT_DEADLINE_MS: '1500',
      CANARIES: CANARY,
      ...settings,
    },
    logStream: { write: () => {} },
  })
  const gateway = await startGateway({
    environment: {
      ...common,
      AGENT_URL: agent.url,
      MODELS: 'clawdbot-stub',
      MODEL_URL: model.url,
      TOKENS_FILE: tokens,
      CORS_ORIGINS: 'https://app.example',
      ...settings,
    },
    logStream,
  })
  return {
    gateway: gateway.url,
    model: model.url,
    agent: agent.url,
    file,
    tokensFile: tokens,
    log: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>),
    setModel: async (mode) => {
      const answer = await fetch(new URL('/admin/mode', model.url), {
        method: 'PUT',
        body: JSON.stringify(mode),
      })
      if (!answer.ok) throw new Error(await answer.text())
    },
    askedLast: async () => {
      const answer = await fetch(new URL('/admin/last-request', model.url))
      return ((await answer.json()) as { request: never }).request
    },
    ask: (path, { token, method = 'GET', body, headers = {} } = {}) =>
      fetch(new URL(path, gateway.url), {
        method,
        headers: {
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
    stop: async () => {
      for (const one of [gateway, agent, skills, model]) await one.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function knownTokens() {
  const entry = (token: string, caller: string, rest: object = {}) => ({
    sha256: createHash('sha256').update(token).digest('hex'),
    caller,
    user: caller,
    roles: ['user'],
    expiresAt: '2100-01-01T00:00:00Z',
    ...rest,
  })
  return [
    entry(TOKENS.ann, 'ann'),
    entry(TOKENS.ben, 'ben'),
    entry(TOKENS.ada, 'ada', { roles: ['user', 'admin'] }),
    entry(TOKENS.old, 'old', { expiresAt: '2020-01-01T00:00:00Z' }),
  ]
}
