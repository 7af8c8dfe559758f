import type { Readable } from 'node:stream'
import { z } from '@hono/zod-openapi'
import type { Registry } from 'prom-client'
import { Pool } from 'undici'
import type { Guard } from '../runtime/breaker.ts'
import { ProblemError } from '../runtime/problem.ts'
import { reportPool } from './report-pool.ts'

/** A message for an agent. `tools` is the token's tool scope. */
export interface AgentMessage {
  user: string
  text: string
  tools: readonly string[]
  conversation?: string | undefined
  history?: readonly { role: 'user' | 'assistant'; text: string }[]
}

/** An agent's answer. `fallback` marks a canned answer, `reason` then says why; `withheld` what an answer would have let out. */
export const agentAnswer = z.object({
  agent: z.string(),
  reply: z.string(),
  conversation: z.string(),
  fallback: z.boolean(),
  reason: z.string().optional(),
  withheld: z.string().optional(),
  toolCalls: z.array(z.object({ tool: z.string(), ok: z.boolean(), refused: z.string().optional() })),
  context: z.object({ tokens: z.number(), budget: z.number(), dropped: z.number() }),
})

export type AgentAnswer = z.infer<typeof agentAnswer>

/** A skill as the skills process declares it. */
export const skill = z.object({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  digest: z.string(),
  permissions: z.object({ network: z.boolean(), database: z.array(z.string()) }),
  tools: z.array(z.object({ name: z.string(), description: z.string() })),
})

/** The upstream. Each call either answers or throws a ProblemError (4xx of the agent, 502, 503, 504). */
export interface AgentClient {
  send: (agent: string, message: AgentMessage, requestId: string) => Promise<AgentAnswer>
  /** The agent's event stream, passed on as it comes. */
  stream: (agent: string, message: AgentMessage, requestId: string) => Promise<Readable>
  skills: (requestId: string) => Promise<z.infer<typeof skill>[]>
  close: () => Promise<void>
}

interface Reply {
  status: number
  body: Readable & { text: () => Promise<string>; dump: () => Promise<unknown> }
}

/** @param guard decides whether a call is made: the circuit breaker */
export function createAgentClient(
  url: string,
  timeoutMs: number,
  guard: Guard,
  registry: Registry,
): AgentClient {
  const pool = new Pool(url, { connections: 64, keepAliveTimeout: 4000 })
  reportPool('agent', pool, registry)
  const call = (
    path: string,
    init: { method: 'GET' | 'POST'; body?: string; accept: string; requestId: string },
  ) =>
    guard(async () => {
      const headers = {
        'content-type': 'application/json',
        accept: init.accept,
        'x-request-id': init.requestId,
      }
      const signal = AbortSignal.timeout(timeoutMs)
      const { statusCode, body } = await pool
        .request({ path, method: init.method, headers, body: init.body ?? null, signal })
        .catch((error: Error) => {
          throw upstreamFailure(error, 'the agent cannot be reached; try again')
        })
      if (statusCode >= 500) {
        await body.dump()
        throw upstreamProblem(`the agent answered ${statusCode}`)
      }
      return { status: statusCode, body } as Reply
    })
  const post = (agent: string, message: AgentMessage, requestId: string, accept: string) =>
    call(`/v1/agents/${agent}/messages`, { method: 'POST', body: JSON.stringify(message), accept, requestId })

  return {
    send: async (agent, message, requestId) => {
      const reply = await post(agent, message, requestId, 'application/json')
      return readAs(agentAnswer, await accepted(reply))
    },
    stream: async (agent, message, requestId) => {
      const reply = await post(agent, message, requestId, 'text/event-stream')
      if (reply.status >= 400) await accepted(reply)
      return reply.body
    },
    skills: async (requestId) => {
      const reply = await call('/skills', { method: 'GET', accept: 'application/json', requestId })
      return readAs(z.object({ skills: z.array(skill) }), await accepted(reply)).skills
    },
    close: () => pool.close(),
  }
}

/** The body of a 2xx answer; the agent's own refusals (4xx) pass through as they are. */
async function accepted({ status, body }: Reply): Promise<unknown> {
  const text = await body.text().catch((error: Error) => {
    throw upstreamFailure(error, 'the agent’s answer broke off; try again')
  })
  const read = jsonOf(text)
  if (status < 400) return read
  const told = z.object({ code: z.string(), title: z.string(), detail: z.string() }).safeParse(read)
  if (!told.success) throw upstreamProblem(`the agent refused with ${status} and no reason`)
  throw new ProblemError({ status: status as 400, ...told.data })
}

/** Undefined where it is none, which no schema takes. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function readAs<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const read = schema.safeParse(body)
  if (read.success) return read.data
  throw upstreamProblem('the agent answered in a form that this version does not know')
}

function upstreamProblem(detail: string): ProblemError {
  return new ProblemError({ status: 502, code: 'agent_unavailable', title: 'Agent unavailable', detail })
}

function upstreamFailure(error: Error, otherwise: string): ProblemError {
  if (error.name !== 'TimeoutError') return upstreamProblem(otherwise)
  const detail = 'the agent did not answer in time; try again'
  return new ProblemError({ status: 504, code: 'agent_timeout', title: 'Agent timeout', detail })
}
