import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { SmallDeployment } from '#core/decide/small-deployment.ts'
import type { DeploymentEvent, Recorded } from '#core/events.ts'
import type { InstanceSample, MetricSource } from '#core/sample.ts'
import { verifySamples } from '#evidence/bundle/verify-samples.ts'
import { openSqliteStore } from '#store/sqlite-store.ts'
import { type Store, StoreProblem } from '#store/store.ts'
import type { Target } from '#targets/target.ts'
import { analysisPolicy } from './analysis-policy.ts'
import type { Clock } from './clock.ts'
import { Journal, readState, toRecorded } from './journal.ts'
import { type EngineParts, runDeployment } from './run.ts'
import { Sampler } from './sampler.ts'

const ends: (() => void)[] = []
afterEach(() => {
  for (const end of ends.splice(0)) end()
})

const MOST_TURNS = 10_000

/** Time that passes only while the engine waits. */
class StillClock implements Clock {
  #now = 1_000_000
  #turns = 0
  #setBackMs = 0
  now = () => this.#now
  /** How long it has run, whatever it shows. */
  elapsed = () => this.#now + this.#setBackMs
  setBack(ms: number): void {
    this.#now -= ms
    this.#setBackMs += ms
  }
  sleepUntil = async (untilMs: number) => {
    if (++this.#turns > MOST_TURNS) throw new Error('the engine waits for something that never comes')
    this.#now = Math.max(this.#now, untilMs)
    await setImmediate()
  }
}

type Options = {
  readonly rollback?: ConstructorParameters<typeof SmallDeployment>[0] extends infer O
    ? O extends { rollback?: infer R }
      ? R
      : never
    : never
  /** Failed requests of the new version, of ten a second. */
  readonly failing?: (seconds: number) => number
  readonly drift?: (seconds: number) => string | null
  readonly isSilent?: (seconds: number) => boolean
  readonly isDiskFull?: (seconds: number) => boolean
  readonly setBack?: { readonly afterSeconds: number; readonly ms: number }
}

/** An engine in the middle of a canary at 10 %, on a log of its own; `seconds` count from its first weight. */
function canary(options: Options = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-run-'))
  const real = openSqliteStore(join(folder, 'log.sqlite'))
  ends.push(() => {
    real.close()
    rmSync(folder, { recursive: true })
  })
  const clock = new StillClock()
  let startedAt: number | null = null
  const seconds = () => (startedAt === null ? 0 : Math.floor((clock.elapsed() - startedAt) / 1000))
  const store = losable(real, () => options.isDiskFull?.(seconds()) ?? false)
  writeOpening(real, options.rollback)
  const source = counters(clock, seconds, options)
  const target = obliging(() => {
    startedAt ??= clock.elapsed()
  })
  const journal = new Journal(store, clock, 'd', takeLease(store))
  const policy = analysisPolicy(journal.state.opened)
  const parts: EngineParts = {
    clock,
    journal,
    sampler: new Sampler(store, 'd', policy, source),
    world: {
      target,
      root: folder,
      service: { audiences: {} } as EngineParts['world']['service'],
      lastRequestAt: async () => null,
      report: async () => ({ digest: 'sha256:0', path: 'report.html' }),
    },
    runCheck: async (item) => passed(item),
    watchTarget: async () => ({ fault: null, drift: options.drift?.(seconds()) ?? null }),
    renewLease: () => {
      store.lease('d', 'me', 0, 1000)
    },
    listener: {},
  }
  const stop = new AbortController()
  return {
    events: () => real.read('d', 0).map(toRecorded),
    state: () => readState(real, 'd'),
    samples: () => [...real.eachSample('d')].length,
    problemsOfSamples: () =>
      verifySamples(real.read('d', 0), Array.from(real.eachSample('d'), ({ body }) => body).join('\n')),
    /** Runs until it is so, or for so many seconds of the deployment. */
    run: async (isSo: (events: readonly DeploymentEvent[]) => boolean, mostSeconds = 300) => {
      parts.listener.judged = () => {
        const events = real.read('d', 0).map((r) => toRecorded(r).event)
        if (isSo(events) || seconds() > mostSeconds) stop.abort()
      }
      await runDeployment(parts, stop.signal)
      return seconds()
    },
  }
}

function takeLease(store: Store): number {
  const lease = store.lease('d', 'me', 0, 1000)
  if (!lease.ok) throw new Error('the lease is held')
  return lease.epoch
}

/** Past the gates, as if they had been opened: their votes are not what is tested here. */
function writeOpening(store: Store, rollback: Options['rollback']): void {
  const { opened } = new SmallDeployment(rollback ? { rollback } : {}).state
  const gates = ['planning', 'preparation', 'execution'].map((gate) => ({
    type: 'gateOpened',
    data: { gate, evidenceRoot: '', votes: [] },
  }))
  const { type, ...data } = { ...opened, audiences: [] }
  store.append(
    'd',
    0,
    null,
    [{ type, data }, ...gates].map((record) => ({ at: 1, ...record })),
  )
}

/** The real store on a disk that is full at times: what is there can be read, nothing can be written. */
function losable(real: Store, isFull: () => boolean): Store {
  const writing = ['append', 'addSample', 'lease']
  return new Proxy(real, {
    get: (store, name: keyof Store) => {
      const method = store[name] as (...args: unknown[]) => unknown
      return (...args: unknown[]) => {
        if (writing.includes(name) && isFull()) throw new StoreProblem('disk-full', 'the disk is full')
        return method.apply(store, args)
      }
    },
  })
}

/** Ninety requests a second to the old version, ten to the new one once it has its weight. */
function counters(clock: StillClock, seconds: () => number, options: Options): MetricSource {
  const total = { old: 0, new: 0, failed: 0 }
  let countedAt = 0
  const arm = (version: string, requests: number, errors: number): InstanceSample => ({
    version,
    instance: 'a',
    requests,
    errors,
    buckets: [
      { leMs: 2000, count: requests },
      { leMs: Number.POSITIVE_INFINITY, count: requests },
    ],
  })
  return {
    sample: async () => {
      const { setBack } = options
      if (setBack && clock.elapsed() === clock.now() && seconds() >= setBack.afterSeconds)
        clock.setBack(setBack.ms)
      for (; countedAt < seconds(); countedAt++) {
        total.old += 90
        total.new += 10
        total.failed += options.failing?.(countedAt) ?? 0
      }
      if (options.isSilent?.(seconds())) throw new Error('no answer')
      const instances = [arm('1.0.0', total.old, 0), arm('1.1.0', total.new, total.failed)]
      return { atMs: clock.now(), complete: true, instances }
    },
  }
}

function obliging(onWeights: () => void): Target {
  const ok = async () => ({ ok: true, detail: 'done' })
  const setWeights = () => {
    onWeights()
    return ok()
  }
  const methods = { setWeights, observe: async () => ({ instances: [] }) }
  return new Proxy(methods, {
    get: (known, name) => Reflect.get(known, name) ?? ok,
  }) as unknown as Target
}

const passed = (item: string) => ({
  type: 'checkSettled' as const,
  item,
  verdict: 'pass' as const,
  summary: item,
  claim: item,
  claimDigest: item,
  source: 'test',
  population: null,
  evidence: [],
  blanks: {},
  durationMs: 1,
  evidenceAtMs: null,
})

const has = (type: string) => (events: readonly DeploymentEvent[]) => events.some((e) => e.type === type)
const reasonOf = (events: readonly { event: DeploymentEvent }[], type: string) =>
  events.flatMap(({ event }) => (event.type === type && 'reason' in event ? [event.reason] : []))

describe('the engine', () => {
  test('blind for longer than maxBlind it holds, and goes on once it sees again', async () => {
    const d = canary({ rollback: { maxBlind: 5000 }, isSilent: (s) => s >= 10 && s < 25 })
    const heldAfter = await d.run(has('held'))
    expect(heldAfter).toBeGreaterThanOrEqual(15)
    expect(heldAfter).toBeLessThanOrEqual(18)
    expect(reasonOf(d.events(), 'held')).toEqual([
      expect.stringMatching(/^step at 10 %: nothing known for \d+ s: the metric source did not answer$/),
    ])
    const again = canary({ rollback: { maxBlind: 5000 }, isSilent: (s) => s >= 10 && s < 25 })
    expect(await again.run(has('released'))).toBeLessThanOrEqual(27)
    expect(again.state()?.hold).toBeNull()
  })

  test('a short blindness holds nothing', async () => {
    const d = canary({ rollback: { maxBlind: 5000 }, isSilent: (s) => s >= 10 && s < 14 })
    await d.run(has('stepDecided'))
    expect(d.events().map((r) => r.event.type)).not.toContain('held')
  })

  test('blind for longer than the limit it goes back at that moment', async () => {
    const d = canary({ rollback: { maxBlind: 5000, blindLimit: 12_000 }, isSilent: (s) => s >= 10 })
    const after = await d.run(has('rollbackDecided'))
    expect(after).toBeGreaterThanOrEqual(22)
    expect(after).toBeLessThanOrEqual(25)
    expect(reasonOf(d.events(), 'rollbackDecided')[0]).toContain('nothing could be measured for 1')
  })

  test('blind for longer than the limit with the disk full, it goes back all the same', async () => {
    const d = canary({
      rollback: { maxBlind: 5000, blindLimit: 12_000 },
      isSilent: (s) => s >= 10,
      isDiskFull: (s) => s >= 10 && s < 60,
    })
    await d.run(has('rollbackDecided'), 90)
    const { rollback, steps } = d.state() ?? {}
    expect(rollback?.decided.event.criterion).toBe('blind')
    expect((rollback?.decided.at ?? 0) - (steps?.[0]?.startedAt ?? 0)).toBeLessThan(26_000)
  })

  test('a clock that is set back an hour delays neither the analysis nor what it seals', async () => {
    const d = canary({ failing: (s) => (s >= 10 ? 10 : 0), setBack: { afterSeconds: 5, ms: 3_600_000 } })
    await d.run(has('rollbackDecided'), 60)
    expect(d.state()?.rollback?.decided.event.criterion).toBe('errorRatio')
    const sealed = d.events().flatMap(({ event }) => (event.type === 'samplesSealed' ? [event.count] : []))
    // All but the one that was read since.
    expect(sealed.reduce((sum, count) => sum + count, 0)).toBe(d.samples() - 1)
    expect(d.problemsOfSamples()).toEqual([])
  })

  test('what somebody else changes holds it before the next change, and is in the log; it goes on when that is undone', async () => {
    // Of 60 s that a step takes.
    const d = canary({ drift: (s) => (s >= 50 && s < 90 ? 'the route was changed' : null) })
    await d.run(has('driftGone'))
    const at = (type: string) => d.events().find(({ event }) => event.type === type)?.at ?? 0
    expect(at('driftGone') - at('driftSeen')).toBeGreaterThan(35_000)
    const isNext = ({ event }: Recorded) => event.type === 'effectIntended' && event.key === 'weights:1'
    expect(d.events().find(isNext)?.at ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(at('driftGone'))
  })

  test('what was changed a moment before an effect is not overwritten by it', async () => {
    const before = canary()
    const decidedAfter = await before.run(has('stepDecided'))
    const d = canary({ drift: (s) => (s >= decidedAfter - 1 ? 'the route was changed' : null) })
    await d.run(has('driftSeen'))
    const intended = d.events().flatMap(({ event }) => (event.type === 'effectIntended' ? [event.key] : []))
    expect(intended).not.toContain('weights:1')
  })

  test('what is seen once only is a watch that was a moment behind', async () => {
    const d = canary({ drift: (s) => (s === 20 ? 'the route was changed' : null) })
    await d.run(has('stepDecided'))
    expect(d.events().map((r) => r.event.type)).not.toContain('driftSeen')
  })

  test('with the disk full it still sees a fault and goes back; the log has it later', async () => {
    // What somebody changes meanwhile cannot be recorded either, and keeps nothing from being judged.
    const drift = (s: number) => (s >= 1 ? 'the route was changed' : null)
    const d = canary({ failing: () => 10, isDiskFull: (s) => s >= 1 && s < 20, drift })
    await d.run(has('rollbackDecided'), 60)
    const state = d.state()
    expect(state?.rollback?.decided.event.criterion).toBe('errorRatio')
    expect((state?.rollback?.decided.at ?? 0) - (state?.steps[0]?.startedAt ?? 0)).toBeLessThan(6000)
  })
})
