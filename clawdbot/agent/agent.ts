import { randomBytes } from 'node:crypto'
import type { DestinationStream } from 'pino'
import { z } from 'zod'
import { AGENTS } from '../agents.ts'
import { createMemoryStore } from '../database/memories.ts'
import { requiredSchema } from '../database/migrations.ts'
import { DatabasePool } from '../database/pool.ts'
import { openSignals } from '../database/signals.ts'
import { breakerSettings, createBreakers } from '../runtime/breaker.ts'
import {
  badRequest,
  createComponent,
  createInternalApp,
  readJson,
  type Started,
  startComponent,
} from '../runtime/component.ts'
import { settings as kinds, processSettings, readConfiguration } from '../runtime/configuration.ts'
import { ProblemError } from '../runtime/problem.ts'
import { openSecret } from '../runtime/secret.ts'
import { storedText } from '../text/stored-text.ts'
import { type ConversationParts, converse } from './conversation.ts'
import { createModel, isModelFailure } from './model.ts'
import { createSkillsClient } from './skills-client.ts'
import { streamReply } from './stream-reply.ts'

const settings = processSettings.extend({
  PORT: kinds.port.default(8081),
  DATABASE_FILE: z.string().min(1),
  SKILLS_URL: kinds.url,
  MODEL_URL: kinds.url,
  MODEL_NAME: z.string().min(1).default('clawdbot-stub'),
  MODEL_API_KEY: z.string().min(1).optional(),
  MODEL_API_KEY_FILE: z.string().min(1).optional(),
  AGENT_DEADLINE_MS: kinds.whole(8_000, 1),
  CONTEXT_BUDGET_TOKENS: kinds.whole(4_000, 100),
  CANARIES: kinds.list,
  ...breakerSettings,
})

const SHORTEST_SECRET = 8

const turn = z.object({ role: z.enum(['user', 'assistant']), text: z.string() })

const body = z.object({
  text: storedText.min(1).max(60_000),
  user: storedText.min(1).max(200),
  conversation: storedText.min(1).max(100).default('default'),
  tools: z.array(z.string()).default(['*']),
  history: z.array(turn).max(200).optional(),
})

/** What a caller may replace when it starts an agent. */
export interface AgentOptions {
  environment: NodeJS.ProcessEnv
  logStream?: DestinationStream
  /** Changes what conversations are made of. */
  change?: (parts: ConversationParts) => ConversationParts
}

/** Starts the process that runs the agents. */
export async function startAgent({ environment, logStream, change }: AgentOptions): Promise<Started> {
  const configuration = readConfiguration(settings, environment)
  const component = createComponent('agent', configuration, logStream)
  const pool = new DatabasePool(configuration.DATABASE_FILE, await requiredSchema())
  const skills = createSkillsClient(configuration.SKILLS_URL, component.identity.version)
  const apiKey = openSecret('MODEL_API_KEY', configuration.MODEL_API_KEY, configuration.MODEL_API_KEY_FILE)
  // MODEL_URL is the address of the server; the API lives below /v1, as with every OpenAI-compatible server.
  const url = `${configuration.MODEL_URL.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1`
  const signals = openSignals(configuration.DATABASE_FILE, component.log)
  const guardOf = createBreakers(component, configuration, signals)
  const guard = guardOf({ name: 'model', url, isFailure: isModelFailure })
  const model = createModel({ url, name: configuration.MODEL_NAME, apiKey }, guard)
  const built: ConversationParts = {
    ask: model,
    skills,
    memory: () => pool.store(createMemoryStore),
    log: component.log,
    deadlineMs: configuration.AGENT_DEADLINE_MS,
    budget: configuration.CONTEXT_BUDGET_TOKENS,
    canaries:
      configuration.CANARIES.length > 0 ? configuration.CANARIES : [`ref-${randomBytes(12).toString('hex')}`],
    // A stub has no key worth keeping, and a word such as `stub` occurs in any text.
    secrets: () => [apiKey()].filter((key) => key.length >= SHORTEST_SECRET),
  }
  const parts = change ? change(built) : built
  const app = createInternalApp(component, async () => {
    const database = await pool.check()
    // Without skills an agent answers without tools, so they do not decide whether it is ready.
    return { ready: database.ok, database, dependencies: { skills: await skills.check() } }
  })
  app.get('/v1/agents', (c) => c.json({ agents: AGENTS }))
  app.get('/skills', async (c) => c.json((await skills.listing()) as object))
  app.post('/v1/agents/:id/messages', async (c) => {
    const message = readMessage(await readJson(c.req))
    const declared = findAgent(c.req.param('id'))
    if (c.req.header('accept')?.includes('text/event-stream'))
      return streamReply(c, component.log, (show) => converse(declared, message, parts, show))
    return c.json(await converse(declared, message, parts))
  })
  return startComponent(component, app.fetch, async () => {
    await skills.close()
    await signals.close()
    await pool.close()
  })
}

function findAgent(id: string) {
  const agent = AGENTS.find((candidate) => candidate.id === id)
  if (agent !== undefined) return agent
  throw new ProblemError({
    status: 404,
    code: 'unknown_agent',
    title: 'Unknown agent',
    detail: 'there is no such agent',
  })
}

function readMessage(given: unknown) {
  const parsed = body.safeParse(given)
  if (parsed.success) return parsed.data
  throw badRequest(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '))
}
