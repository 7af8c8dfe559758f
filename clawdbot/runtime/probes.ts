import type { PoolState } from '../database/pool.ts'
import type { DrainState } from './listen.ts'

/** What a process depends on, as /ready reports it. */
export interface Readiness {
  ready: boolean
  database?: PoolState
  dependencies: Record<string, DependencyState>
}

export interface DependencyState {
  ok: boolean
  error?: string
}

interface WhoAnswers {
  version: string
  instance: string
}

/** The body of /health: the process answers. */
export function healthBody({ version, instance }: WhoAnswers) {
  return { status: 'ok' as const, version, instance }
}

/** The status and body of /ready. A draining process is not ready, whatever it depends on. */
export function readyBody({ version, instance }: WhoAnswers, drain: DrainState, readiness: Readiness) {
  const ready = readiness.ready && !drain.draining
  const status = drain.draining ? ('draining' as const) : ready ? ('ready' as const) : ('not-ready' as const)
  const { database, dependencies } = readiness
  const body = { status, version, instance, ...(database === undefined ? {} : { database }), dependencies }
  return { code: ready ? (200 as const) : (503 as const), body }
}

/** Asks another process whether it is ready; the answer comes within a second. */
export async function askReady(url: string): Promise<DependencyState> {
  try {
    const response = await fetch(new URL('/ready', url), { signal: AbortSignal.timeout(1_000) })
    await response.body?.cancel()
    return response.ok ? { ok: true } : { ok: false, error: `answers ${response.status}` }
  } catch (error) {
    const timedOut = error instanceof Error && error.name === 'TimeoutError'
    return { ok: false, error: timedOut ? 'no answer within 1 s' : 'not reachable' }
  }
}
