import { setTimeout as wait } from 'node:timers/promises'
import type { DrillModel } from './drill-model.ts'
import type { DrillReply } from './drill-service-routes.ts'

/** What stands between the drill service and its upstream: a breaker, or what is taken for one. */
export type DrillBreaker =
  | 'good'
  | 'none'
  | 'retries'
  | 'timeout'
  | 'slow-refusals'
  | 'no-try'
  | 'storm-of-tries'
  | 'silent'
  | 'no-retry-after'
  | 'stays-open'
  | 'leaks'
  | 'cached'

const FAILURES = 3
const OPEN_MS = 300
const HANG_MS = 500

export function drillBreaker(kind: DrillBreaker, model: DrillModel) {
  let failed = 0
  let openedAt: number | null = null
  let isTrying = false
  const isOpen = () => openedAt !== null
  const call = async (): Promise<DrillReply> => {
    const said = await model.ask([])
    if (said) {
      failed = 0
      openedAt = null
      return { status: 200, body: { text: 'done' } }
    }
    failed++
    if (kind === 'retries') for (let n = 0; n < 3; n++) await model.ask([])
    if (kind === 'timeout') await wait(HANG_MS)
    const neverOpens = kind === 'none' || kind === 'retries' || kind === 'timeout'
    if (failed >= FAILURES && !neverOpens) openedAt = performance.now()
    return { status: 502, body: { detail: 'upstream failed' } }
  }
  const refuse = async (): Promise<DrillReply> => {
    if (kind === 'slow-refusals') await wait(HANG_MS)
    const headers: Record<string, string> = kind === 'no-retry-after' ? {} : { 'retry-after': '1' }
    return { status: 503, headers, body: { detail: 'upstream is not called for a moment' } }
  }
  return {
    isOpen: () => kind !== 'silent' && isOpen(),
    serve: async (): Promise<DrillReply> => {
      if (kind === 'cached')
        return (await call()).status === 200 || failed ? { status: 200, body: { text: 'done' } } : refuse()
      if (openedAt === null) return call()
      if (kind === 'leaks') {
        await model.ask([])
        await model.ask([])
        return refuse()
      }
      const isDue = performance.now() - openedAt > OPEN_MS && kind !== 'no-try'
      if (kind === 'stays-open' && model.mode() === 'normal') return refuse()
      if (!isDue || (isTrying && kind !== 'storm-of-tries')) return refuse()
      isTrying = true
      return call().finally(() => {
        isTrying = false
      })
    },
  }
}
