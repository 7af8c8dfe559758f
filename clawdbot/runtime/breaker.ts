import { randomUUID } from 'node:crypto'
import { BrokenCircuitError, CircuitState, ConsecutiveBreaker, circuitBreaker, handleWhen } from 'cockatiel'
import type { Signals } from '../database/signals.ts'
import { breakerMetrics } from './breaker-metrics.ts'
import type { Component } from './component.ts'
import { settings } from './configuration.ts'
import { ProblemError } from './problem.ts'

/** The caller hung up before the upstream answered: a failed call, and no fault of the upstream. */
export class CallerGone extends ProblemError {
  constructor() {
    const detail = 'the caller hung up before there was an answer'
    super({ status: 408, code: 'caller_gone', title: 'Caller gone', detail })
  }
}

/** Runs a call to an upstream, or refuses it at once with ProblemError 503 `circuit_open`. */
export type Guard = <T>(call: () => Promise<T>) => Promise<T>

/** What a process with breakers reads from its environment. */
export const breakerSettings = {
  BREAKER_FAILURES: settings.whole(5, 1),
  BREAKER_OPEN_MS: settings.whole(5_000, 1),
}

interface Upstream {
  name: string
  url: string
  /** Which failed calls are the upstream's fault; by default all but those of callers who hung up. */
  isFailure?: (error: unknown) => boolean
}

/** Statuses that say something of the request; a model's other refusals are between it and this process. */
export const OF_THE_REQUEST: ReadonlySet<number> = new Set([400, 404, 413, 422])

/**
 * Makes the breakers of a process. After BREAKER_FAILURES failed calls in a row calls are refused with 503 and Retry-After
 * for BREAKER_OPEN_MS, then one call tries, while the others are refused, and its outcome closes or opens the circuit again.
 *
 * Replicas (the same component and version before the same address) tell one another when they open, and open too. Each
 * then tries for itself: one that alone cannot reach the upstream keeps the others away once, and no longer.
 */
export function createBreakers(
  { identity, metrics }: Pick<Component, 'identity' | 'metrics'>,
  {
    BREAKER_FAILURES: failures,
    BREAKER_OPEN_MS: openMs,
  }: { BREAKER_FAILURES: number; BREAKER_OPEN_MS: number },
  signals: Signals,
): (upstream: Upstream) => Guard {
  const { states, opened, refused } = breakerMetrics(metrics.registry)
  return ({ name: upstream, url, isFailure = (error) => !(error instanceof CallerGone) }) => {
    const from = randomUUID()
    const shared = [identity.component, identity.version, upstream, new URL(url).origin].join(' ')
    const create = (initialState?: object) => {
      const made = circuitBreaker(handleWhen(isFailure), {
        halfOpenAfter: openMs,
        breaker: new ConsecutiveBreaker(failures),
        initialState,
      })
      let before = made.state
      made.onStateChange((state) => {
        if (state === CircuitState.Open && made === circuit) {
          opened.inc({ upstream })
          // What a failed try says is told to nobody.
          if (before === CircuitState.Closed) signals.send(`${from} ${shared}`)
        }
        before = state
      })
      return made
    }
    let circuit = create()
    signals.onSignal((text) => {
      const [, sender, about] = /^(\S+) (.*)$/.exec(text) ?? []
      if (about !== shared || sender === from || circuit.state !== CircuitState.Closed) return
      opened.inc({ upstream })
      const ownState = { value: CircuitState.Open, openedAt: Date.now(), attemptNo: 1 }
      circuit = create({ ownState, breakerState: 0 })
    })
    states.set(upstream, () => circuit.state)
    opened.inc({ upstream }, 0)
    refused.inc({ upstream }, 0)
    const refuse = () => {
      refused.inc({ upstream })
      return new ProblemError({
        status: 503,
        code: 'circuit_open',
        title: 'Upstream unavailable',
        detail: `the ${upstream} failed repeatedly and is not called for a moment; try again`,
        retryAfterSeconds: openMs / 1000,
      })
    }
    return async (call) => {
      // Left to itself it would let the others wait for the one that tries, which may take its whole time.
      if (circuit.state === CircuitState.HalfOpen) throw refuse()
      try {
        return await circuit.execute(call)
      } catch (error) {
        throw error instanceof BrokenCircuitError ? refuse() : error
      }
    }
  }
}
