import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { defaultAnalysisPolicy, judge, observe, startAnalysis } from '../../gonogo/analysis/index.ts'
import type { MetricSource } from '../../gonogo/core/sample.ts'
import { type Exporter, FAULTS, startExporter } from './exporter.ts'
import { CANARY, STABLE } from './world.ts'

export type FaultySource = {
  readonly source: MetricSource
  /** How long until the source has seen a change for sure. */
  readonly lagMs: number
  end?(): Promise<void>
}

/** As often as a source can be read: the text is read at once, a Prometheus after its next scrape. */
const policy = { ...defaultAnalysisPolicy, intervalMs: 1 }

/** Whatever an exporter answers that is no count: nothing is known, no evidence moves, and it goes on afterwards. */
export function describeFaultyExporter(
  name: string,
  make: (urls: { readonly [CANARY]: string; readonly [STABLE]: string }) => Promise<FaultySource>,
): void {
  describe(`${name}, when one instance's metrics are broken`, () => {
    let exporters: readonly [Exporter, Exporter]
    let made: FaultySource
    beforeAll(async () => {
      exporters = await Promise.all([startExporter(), startExporter()])
      made = await make({ [CANARY]: exporters[0].url, [STABLE]: exporters[1].url })
    }, 60_000)
    afterAll(async () => {
      await made?.end?.()
      for (const one of exporters) await one.stop()
    })
    let state = startAnalysis(policy)
    const look = async () => {
      for (const one of exporters) one.count(50)
      await wait(made.lagMs)
      const atMs = Date.now()
      const scrape = await made.source.sample(AbortSignal.timeout(2000)).catch(() => null)
      const context = { canaryVersion: CANARY, baselineVersion: STABLE, configuredWeight: 0.5, step: 0, atMs }
      state = observe(policy, state, scrape, context)
      return judge(policy, state)
    }

    test.each(FAULTS.map((fault, i) => [fault, i % 2] as const))(
      '%s (instance %i) is unknown, and leaves the evidence as it was',
      async (fault, which) => {
        await look()
        expect(['hold', 'proceed']).toContain((await look()).verdict)
        const before = state.evidence
        const [broken] = exporters.slice(which)
        if (broken) broken.fault = fault
        expect((await look()).verdict).toBe('unknown')
        expect(state.evidence).toEqual(before)
        if (broken) broken.fault = null
      },
      20_000,
    )
  })
}
