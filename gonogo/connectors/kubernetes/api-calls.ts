import { setTimeout as wait } from 'node:timers/promises'
import type { ApiException } from '@kubernetes/client-node'
import { client } from './client.ts'

const RETRY_FOR_MS = 120_000
const FIRST_RETRY_MS = 100
const LONGEST_RETRY_MS = 2000
const USUALLY_ASKED_MS = 1000
/** What an API that throttles says beyond this is not believed. */
const LONGEST_ASKED_MS = 30_000

/** The status of an API's answer; null when there was none. */
export const statusOf = (error: unknown): number | null => (isAnswer(error) ? error.code : null)

const isAnswer = (error: unknown): error is ApiException<unknown> => error instanceof client().ApiException

/** What the API said, for people. */
export function apiMessage(error: unknown): string {
  if (!isAnswer(error)) return error instanceof Error ? error.message : String(error)
  const body: unknown = typeof error.body === 'string' ? parsed(error.body) : error.body
  return (body as { message?: string } | null)?.message ?? `the API answered ${error.code}`
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Null where there is none. */
export async function orNull<T>(asked: Promise<T>): Promise<T | null> {
  try {
    return await asked
  } catch (error) {
    if (statusOf(error) === 404) return null
    throw error
  }
}

/**
 * How long an API that throttles wants not to be asked: Retry-After, which it writes in seconds. The error of a watch has no
 * headers, and what is written there is nearly always one second. Null where it does not throttle.
 */
export function askedToWaitMs(error: unknown): number | null {
  if ((error as { statusCode?: number } | null)?.statusCode === 429) return USUALLY_ASKED_MS
  if (!isAnswer(error) || error.code !== 429) return null
  const seconds = Number(error.headers['retry-after'])
  return Number.isFinite(seconds) ? Math.min(seconds * 1000, LONGEST_ASKED_MS) : USUALLY_ASKED_MS
}

/** An API that is away, busy or throttles is asked again for two minutes: a deployment outlives its restart. */
export async function steadily<T>(ask: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + RETRY_FOR_MS
  for (let pause = FIRST_RETRY_MS; ; pause = Math.min(2 * pause, LONGEST_RETRY_MS)) {
    try {
      return await ask()
    } catch (error) {
      if (!isPassing(error) || performance.now() > deadline) throw error
      await wait(Math.max(pause, askedToWaitMs(error) ?? 0))
    }
  }
}

function isPassing(error: unknown): boolean {
  const status = statusOf(error)
  if (status !== null) return status === 429 || status >= 500
  const { name, code, cause } = error as { name?: string; code?: string; cause?: { code?: string } }
  return name === 'TimeoutError' || /^(E[A-Z]+|EAI_AGAIN|UND_ERR_.*)$/.test(code ?? cause?.code ?? '')
}
