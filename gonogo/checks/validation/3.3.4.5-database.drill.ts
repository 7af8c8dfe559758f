import { readinessDrill, readyWith } from '../live/readiness-drill.ts'
import { withBaseline } from '../live/traffic-drill.ts'

const pool = { ok: true, connections: 1, roundTripMs: 0.4 }
const common = readinessDrill('3.3.4.5', {}, { database: pool }, [
  readyWith('slow round trips', 'fail', { database: { ...pool, roundTripMs: 40 } }),
  readyWith('connections that leak', 'fail', { database: { ...pool, connections: 400 } }),
  readyWith('a pool that nobody reports', 'unknown', {}),
  readyWith('round trips of zero', 'unknown', { database: { ...pool, roundTripMs: 0 } }),
  {
    name: 'no baseline to compare with',
    expect: 'unknown',
    plant: async () => ({ context: { resultOf: withBaseline(null) } }),
  },
])

export const drill = {
  ...common,
  ground: async (scratch: Parameters<typeof common.ground>[0]) => {
    const ground = await common.ground(scratch)
    return { ...ground, context: { ...ground.context, resultOf: withBaseline() } }
  },
  faults: common.faults.map((fault) => ({
    ...fault,
    plant: async (...args: Parameters<typeof fault.plant>) => {
      const planted = await fault.plant(...args)
      return { ...planted, context: { resultOf: withBaseline(), ...planted.context } }
    },
  })),
}
