import { request } from 'undici'
import { countersBy } from '#connectors/prometheus-text/instance-counters.ts'
import { ReadingProblem } from '#connectors/reading-problem.ts'
import type { RouterKind } from './router-kinds.ts'
import type { Counted } from './router-ledger.ts'
import { nameIn, SLOTS } from './slots.ts'

const LIMIT_MS = 1500

/** What one page says, and when the process began whose it is (epoch ms; null where it does not say). */
export type Page = { readonly counted: Counted; readonly startedMs: number | null }

/** Reads a router's page once. Throws where it does not answer, or with another page than such a router's. */
export function routerPage(url: string, kind: RouterKind, namespace: string, service: string) {
  const places = SLOTS.map((slot) => ({ slot, placeOf: kind.placesOf(namespace, nameIn(slot, service)) }))
  const groupOf = (labels: Readonly<Record<string, string>>): string | null => {
    for (const { slot, placeOf } of places) {
      const place = placeOf(labels)
      if (place !== null) return `${slot} ${place}`
    }
    return null
  }
  return async (signal?: AbortSignal): Promise<Page> => {
    const limit = AbortSignal.any([AbortSignal.timeout(LIMIT_MS), ...(signal ? [signal] : [])])
    const answer = await request(url, { signal: limit })
    const text = await answer.body.text()
    if (answer.statusCode !== 200) throw new Error(`${url} answered ${answer.statusCode}`)
    const { names, always } = kind
    const startedMs = kind.startedMs(text, Date.now())
    if (isOn(text, names.requests))
      return { counted: timedOf(countersBy(text, names, url, groupOf)), startedMs }
    // Before the first request to anything there is no counter, and nothing was counted.
    if (isOn(text, always)) return { counted: new Map(), startedMs }
    const missing = `there is neither ${names.requests} nor ${always}; correct target.router`
    throw new ReadingProblem('wrong-format', url, missing)
  }
}

const isOn = (text: string, metric: string): boolean =>
  new RegExp(`^(?:# TYPE )?${metric}[{ ]`, 'm').test(text)

/**
 * A router may time answers only. Of a Service whose requests all failed before there was one, it is known that none was
 * answered slowly; without that, a version that answers nobody would be one whose durations cannot be read.
 */
function timedOf(counted: Counted): Counted {
  const timed = [...counted.values()].find(({ buckets }) => buckets.length > 0)
  if (!timed) return counted
  const none = timed.buckets.map(({ leMs }) => ({ leMs, count: 0 }))
  return new Map(
    [...counted].map(([group, one]) => {
      const answeredNobody = one.buckets.length === 0 && one.requests === one.errors
      return [group, answeredNobody ? { ...one, buckets: none } : one]
    }),
  )
}
