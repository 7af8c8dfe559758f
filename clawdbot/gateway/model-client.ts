import type { Readable } from 'node:stream'
import type { Registry } from 'prom-client'
import { Pool } from 'undici'
import { CallerGone, type Guard, OF_THE_REQUEST } from '../runtime/breaker.ts'
import { ProblemError } from '../runtime/problem.ts'
import { reportPool } from './report-pool.ts'

/** What a model answered: passed on as it came. */
export interface ModelAnswer {
  status: number
  contentType: string
  body: Readable
}

/** Models behind an OpenAI-compatible address, for callers who bring their own tools and instructions. */
export interface ModelClient {
  readonly models: readonly string[]
  /** Sends a request on; answers or throws a ProblemError (502, 503, 504). */
  complete: (body: string, signal: AbortSignal | undefined) => Promise<ModelAnswer>
  close: () => Promise<void>
}

export interface ModelSettings {
  models: readonly string[]
  url: string
  apiKey: () => string
  timeoutMs: number
}

/** @param guard decides whether a call is made: the circuit breaker */
export function createModelClient(settings: ModelSettings, guard: Guard, registry: Registry): ModelClient {
  const { origin, pathname } = new URL(settings.url)
  const path = `${pathname.replace(/\/+$/, '').replace(/\/v1$/, '')}/v1/chat/completions`
  const pool = new Pool(origin, {
    connections: 128,
    keepAliveTimeout: 4000,
    headersTimeout: settings.timeoutMs,
  })
  reportPool('model', pool, registry)
  return {
    models: settings.models,
    complete: (body, signal) =>
      guard(async () => {
        const headers = { 'content-type': 'application/json', authorization: `Bearer ${settings.apiKey()}` }
        const {
          statusCode,
          headers: given,
          body: answer,
        } = await pool
          .request({ path, method: 'POST', headers, body, ...(signal ? { signal } : {}) })
          .catch((error: Error & { code?: string }) => {
            throw signal?.aborted ? new CallerGone() : failureOf(error)
          })
        if (statusCode >= 300 && !OF_THE_REQUEST.has(statusCode)) {
          await answer.dump()
          throw problem(502, `the model answered ${statusCode}`)
        }
        const contentType = String(given['content-type'] ?? 'application/octet-stream')
        return { status: statusCode, contentType, body: answer }
      }),
    close: () => pool.close(),
  }
}

function failureOf({ code }: { code?: string }): ProblemError {
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return problem(504, 'the model did not answer in time; try again')
  return problem(502, 'the model cannot be reached; try again')
}

function problem(status: 502 | 504, detail: string): ProblemError {
  const code = status === 504 ? 'model_timeout' : 'model_unavailable'
  return new ProblemError({ status, code, title: 'Model unavailable', detail })
}
