import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel'
import { Counter, Gauge, type Registry } from 'prom-client'
import { ProblemError } from '../runtime/problem.ts'

/** The caller hung up before the upstream answered: a failed call, and no fault of the upstream. */
export class CallerGone extends ProblemError {
  constructor() {
    const detail = 'the caller hung up before there was an answer'
    super({ status: 408, code: 'caller_gone', title: 'Caller gone', detail })
  }
}

/** Runs a call to an upstream, or refuses it at once. A call that fails otherwise than by CallerGone is the upstream's failure. */
export type Guard = <T>(call: () => Promise<T>) => Promise<T>

const STATE_NAMES = { closed: CircuitState.Closed, open: CircuitState.Open, half_open: CircuitState.HalfOpen }

/**
 * A circuit breaker: after `failures` failed calls in a row calls are refused with 503 and Retry-After for `openMs`,
 * then one call tries, and its outcome closes or opens the circuit again.
 */
export function createBreaker(
  upstream: string,
  { failures, openMs }: { failures: number; openMs: number },
  registry: Registry,
): Guard {
  const policy = circuitBreaker(
    handleWhen((error) => !(error instanceof CallerGone)),
    {
      halfOpenAfter: openMs,
      breaker: new ConsecutiveBreaker(failures),
    },
  )
  const { states, opened, refused } = metricsOf(registry)
  states.set(upstream, () => policy.state)
  opened.inc({ upstream }, 0)
  refused.inc({ upstream }, 0)
  policy.onBreak(() => opened.inc({ upstream }))
  return async (call) => {
    try {
      return await policy.execute(call)
    } catch (error) {
      if (!(error instanceof BrokenCircuitError)) throw error
      refused.inc({ upstream })
      throw new ProblemError({
        status: 503,
        code: 'circuit_open',
        title: 'Upstream unavailable',
        detail: `the ${upstream} failed repeatedly and is not called for a moment; try again`,
        retryAfterSeconds: openMs / 1000,
      })
    }
  }
}

interface BreakerMetrics {
  states: Map<string, () => CircuitState>
  opened: Counter
  refused: Counter
}

const known = new WeakMap<Registry, BreakerMetrics>()

/** One set of metrics for all breakers of a process, told apart by the label `upstream`. */
function metricsOf(registry: Registry): BreakerMetrics {
  const before = known.get(registry)
  if (before) return before
  const states: BreakerMetrics['states'] = new Map()
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
    help: 'Times it opened',
    labelNames,
    registers,
  })
  const refused = new Counter({
    name: 'upstream_refused_total',
    help: 'Calls refused while open',
    labelNames,
    registers,
  })
  const metrics = { states, opened, refused }
  known.set(registry, metrics)
  return metrics
}
