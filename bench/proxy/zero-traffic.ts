import { setTimeout as wait } from 'node:timers/promises'
import autocannon from 'autocannon'
import type { ProcessesTarget } from '../../gonogo/targets/processes/processes-target.ts'
import { median } from './throughput.ts'
import { must } from './world.ts'

const RATE = 500
const LONGEST_S = 600
const BUSY_MS = 150

export type ZeroTraffic = {
  /** From the call of setWeights to the last request that the canary was given; 0 when none came after the call. */
  readonly medianMs: number
  readonly worstMs: number
  /** Until gonogo has the answer that it is so, written to disk. */
  readonly answerMedianMs: number
  readonly answerWorstMs: number
  readonly runs: number
}

/** Under load, with half of it on the canary, again and again: the time from the decision to zero canary traffic. */
export async function measureZeroTraffic(target: ProcessesTarget, runs: number): Promise<ZeroTraffic> {
  const { url } = await target.observe()
  const load = autocannon(
    { url: `${url}/work`, connections: 16, overallRate: RATE, duration: LONGEST_S },
    () => {},
  )
  const [zero, answered]: [number[], number[]] = [[], []]
  for (let run = 0; run < runs; run++) {
    must(await target.setWeights({ '1.0.0': 50, '1.1.0': 50 }, `half ${run}`))
    await wait(BUSY_MS)
    const decidedAt = Date.now()
    must(await target.setWeights({ '1.0.0': 100, '1.1.0': 0 }, `none ${run}`))
    answered.push(Date.now() - decidedAt)
    await wait(BUSY_MS)
    const last = await target.lastRequestAt('1.1.0')
    if (last === null) throw new Error('the canary had no traffic, so there is nothing to measure')
    zero.push(Math.max(0, last - decidedAt))
  }
  load.stop()
  return {
    medianMs: median(zero),
    worstMs: Math.max(...zero),
    answerMedianMs: median(answered),
    answerWorstMs: Math.max(...answered),
    runs,
  }
}
