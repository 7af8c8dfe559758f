import { setTimeout as wait } from 'node:timers/promises'
import type { Load } from './load.ts'
import type { Prometheus } from './prometheus.ts'
import type { Upstream } from './upstream.ts'

/** How a version of the service behaves. */
export type Behaviour = {
  /** Share of its requests that fail, 0…1. */
  readonly errors: number
  readonly delayMs: number
  readonly crash: boolean
  readonly noImage: boolean
}

type Surroundings = { readonly load: Load; readonly upstream: Upstream; readonly prometheus: Prometheus }

export type Scenario = {
  readonly id: string
  readonly title: string
  /** Going back is the mistake. */
  readonly isHealthy: boolean
  readonly canary: Behaviour
  /** Per cent of the traffic on the canary at first. */
  readonly firstWeight: number
  /** The metrics source is restarted: it is one of its own, and the contender must read it. */
  readonly needsPrometheus?: boolean
  /** What happens once the canary has had traffic for `DISTURB_AFTER_MS`. */
  readonly disturb?: (around: Surroundings) => Promise<void>
}

export const DISTURB_AFTER_MS = 10_000
const INCIDENT = { share: 0.2, forMs: 5000 }
const SILENCE_MS = 60_000
const METRICS_AWAY_MS = 5000

export const GOOD: Behaviour = { errors: 0, delayMs: 0, crash: false, noImage: false }
const bad = (id: string, title: string, canary: Partial<Behaviour>, firstWeight = 5): Scenario => ({
  id,
  title,
  isHealthy: false,
  canary: { ...GOOD, ...canary },
  firstWeight,
})
const healthy = (id: string, title: string, more: Partial<Scenario> = {}): Scenario => ({
  id,
  title,
  isHealthy: true,
  canary: GOOD,
  firstWeight: 5,
  ...more,
})

export const SCENARIOS: readonly Scenario[] = [
  bad('errors-100', '100 % errors', { errors: 1 }),
  bad('errors-20', '20 % errors', { errors: 0.2 }),
  bad('errors-5', '5 % errors', { errors: 0.05 }),
  bad('latency', '+2.5 s latency', { delayMs: 2500 }),
  bad('crash-loop', 'a crash loop', { crash: true }),
  bad('no-image', 'an image that does not exist', { noImage: true }),
  healthy('healthy', 'healthy'),
  healthy('incident', 'healthy; upstream fails 20 % for 5 s', {
    disturb: async ({ upstream }) => {
      upstream.fail(INCIDENT.share)
      await wait(INCIDENT.forMs)
      upstream.fail(0)
    },
  }),
  healthy('silence', 'healthy; a minute without traffic', {
    disturb: async ({ load }) => {
      load.pause()
      await wait(SILENCE_MS)
      load.resume()
    },
  }),
  healthy('metrics', 'healthy; the metrics source restarts', {
    needsPrometheus: true,
    disturb: async ({ prometheus }) => {
      await prometheus.stop()
      await wait(METRICS_AWAY_MS)
      await prometheus.start()
    },
  }),
  // At 5 % a canary request comes every 200 ms, which says little of when the last one could have come.
  bad('half', '100 % errors at a first weight of 50 %', { errors: 1 }, 50),
]
