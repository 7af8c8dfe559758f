import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { Signals } from '../database/signals.ts'
import { CallerGone, createBreakers, type Guard } from './breaker.ts'

const OPEN_MS = 100
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'] }))
afterEach(() => void vi.useRealTimers())
/** Until after a circuit that opened now lets a call try. */
const untilTry = () => vi.setSystemTime(Date.now() + OPEN_MS + 1)
const LIMITS = { BREAKER_FAILURES: 3, BREAKER_OPEN_MS: OPEN_MS }

/** Signals that reach every replica, as a database’s do. */
function signalsOf() {
  const listeners: ((text: string) => void)[] = []
  const sent: string[] = []
  const signals: Signals = {
    send: (text) => {
      sent.push(text)
      for (const listen of listeners) listen(text)
    },
    onSignal: (listen) => void listeners.push(listen),
    close: async () => undefined,
  }
  return { signals, sent }
}

function replica(signals: Signals, { version = '1.0.0', url = 'http://model.internal' } = {}) {
  const registry = new Registry()
  const identity = { component: 'gateway', version, instance: 'one' }
  const component = { identity, metrics: { registry } } as unknown as Parameters<typeof createBreakers>[0]
  const guard = createBreakers(component, LIMITS, signals)({ name: 'model', url })
  const told = async (metric: string) => {
    const line = (await registry.metrics()).split('\n').find((one) => one.startsWith(metric))
    return Number(line?.split(' ').at(-1))
  }
  return { guard, told }
}

/** What came of a call: `served`, `failed`, or `refused` without a call. */
async function outcome(guard: Guard, call: 'works' | 'fails'): Promise<string> {
  let isCalled = false
  const attempt = async () => {
    isCalled = true
    if (call === 'fails') throw new Error('the upstream failed')
  }
  return guard(attempt).then(
    () => 'served',
    () => (isCalled ? 'failed' : 'refused'),
  )
}

const failures = async (guard: Guard, count: number) => {
  for (let n = 0; n < count; n++) expect(await outcome(guard, 'fails')).toBe('failed')
}

test('after so many failures in a row calls are refused, then one tries, and the metrics show it', async () => {
  const { guard, told } = replica(signalsOf().signals)
  await failures(guard, 2)
  expect(await outcome(guard, 'works')).toBe('served')
  await failures(guard, 3)
  expect(await outcome(guard, 'works')).toBe('refused')
  expect(await told('upstream_breaker_state{upstream="model",state="open"}')).toBe(1)
  untilTry()
  expect(await outcome(guard, 'fails')).toBe('failed')
  expect(await outcome(guard, 'works')).toBe('refused')
  untilTry()
  expect(await outcome(guard, 'works')).toBe('served')
  expect(await told('upstream_breaker_state{upstream="model",state="closed"}')).toBe(1)
  expect(await told('upstream_breaker_opened_total{upstream="model"}')).toBe(2)
  expect(await told('upstream_refused_total{upstream="model"}')).toBe(2)
})

test('while one call tries nobody waits for it', async () => {
  const { guard } = replica(signalsOf().signals)
  await failures(guard, 3)
  untilTry()
  let answer = () => {}
  const trying = guard(
    () =>
      new Promise<void>((resolve) => {
        answer = resolve
      }),
  )
  expect(await outcome(guard, 'works')).toBe('refused')
  answer()
  await trying
  expect(await outcome(guard, 'works')).toBe('served')
})

test('callers who hang up open nothing', async () => {
  const { guard } = replica(signalsOf().signals)
  for (let n = 0; n < 10; n++)
    await expect(guard(() => Promise.reject(new CallerGone()))).rejects.toThrow(CallerGone)
  expect(await outcome(guard, 'works')).toBe('served')
})

test('what one replica found out all replicas keep to, and each tries for itself afterwards', async () => {
  const { signals } = signalsOf()
  const [one, other] = [replica(signals), replica(signals)]
  await failures(one.guard, 3)
  expect(await outcome(other.guard, 'works')).toBe('refused')
  expect(await other.told('upstream_breaker_state{upstream="model",state="open"}')).toBe(1)
  expect(await other.told('upstream_breaker_opened_total{upstream="model"}')).toBe(1)
  untilTry()
  expect(await outcome(other.guard, 'fails')).toBe('failed')
  expect(await outcome(other.guard, 'works')).toBe('refused')
})

test('a replica that alone cannot reach the upstream keeps the others away once', async () => {
  const { signals, sent } = signalsOf()
  const [lonely, other] = [replica(signals), replica(signals)]
  await failures(lonely.guard, 3)
  for (let round = 0; round < 3; round++) {
    untilTry()
    expect(await outcome(lonely.guard, 'fails')).toBe('failed')
    expect(await outcome(other.guard, 'works')).toBe('served')
  }
  expect(sent).toHaveLength(1)
})

test('another version, and one before another address, go by their own', async () => {
  const { signals } = signalsOf()
  const [one, canary, elsewhere] = [
    replica(signals),
    replica(signals, { version: '1.1.0' }),
    replica(signals, { url: 'http://other.internal' }),
  ]
  await failures(canary.guard, 3)
  await failures(elsewhere.guard, 3)
  expect(await outcome(one.guard, 'works')).toBe('served')
})

test('a signal that says something else is nothing', async () => {
  const { signals } = signalsOf()
  const { guard } = replica(signals)
  for (const text of ['', '{}', 'x', 'someone gateway 1.0.0 agent http://model.internal']) signals.send(text)
  expect(await outcome(guard, 'works')).toBe('served')
})
