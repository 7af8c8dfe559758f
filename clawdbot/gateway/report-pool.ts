import { Gauge, type Registry } from 'prom-client'
import type { Pool } from 'undici'

const NAME = 'upstream_pool_connections'

/** Registers the gauges of a pool: what it holds at the moment of a scrape. One metric for all upstreams. */
export function reportPool(upstream: string, pool: Pool, registry: Registry): void {
  const collectors = known.get(registry) ?? register(registry)
  collectors.push((gauge) => {
    const { connected, free, pending, queued, running } = pool.stats
    for (const [state, count] of Object.entries({ connected, free, pending, queued, running }))
      gauge.set({ upstream, state }, count)
  })
}

type Collect = (gauge: Gauge) => void
const known = new WeakMap<Registry, Collect[]>()

function register(registry: Registry): Collect[] {
  const collectors: Collect[] = []
  known.set(registry, collectors)
  new Gauge({
    name: NAME,
    help: 'Connections and requests of the pool to an upstream',
    labelNames: ['upstream', 'state'],
    registers: [registry],
    collect() {
      for (const collect of collectors) collect(this)
    },
  })
  return collectors
}
