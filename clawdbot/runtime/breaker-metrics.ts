import { CircuitState } from 'cockatiel'
import { Counter, Gauge, type Registry } from 'prom-client'

const STATE_NAMES = { closed: CircuitState.Closed, open: CircuitState.Open, half_open: CircuitState.HalfOpen }

/** The metrics of all breakers of a process, told apart by the label `upstream`; `states` is asked at each scrape. */
export function breakerMetrics(registry: Registry) {
  const states = new Map<string, () => CircuitState>()
  const registers = [registry]
  const labelNames = ['upstream']
  new Gauge({
    name: 'upstream_breaker_state',
    help: '1 for the state the breaker is in',
    labelNames: ['upstream', 'state'],
    registers,
    collect() {
      for (const [upstream, stateOf] of states)
        for (const [state, code] of Object.entries(STATE_NAMES))
          this.set({ upstream, state }, stateOf() === code ? 1 : 0)
    },
  })
  const opened = new Counter({
    name: 'upstream_breaker_opened_total',
    help: 'Times it opened, by its own failures or because another replica told so',
    labelNames,
    registers,
  })
  const refused = new Counter({
    name: 'upstream_refused_total',
    help: 'Calls refused while open',
    labelNames,
    registers,
  })
  return { states, opened, refused }
}
