import type { RecordedResult } from '../check.ts'
import { type DrillFault, defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance } from '../drill-situation.ts'
import { SUITE } from './suite.ts'

const environment = drillEnvironment({ candidates: async () => [drillInstance()] })
const recorded = (verdict: RecordedResult['verdict']): RecordedResult => ({
  verdict,
  claim: null,
  summary: 'as the drill says',
  atMs: 0,
  evidence: [],
})

/** All tests passed but one. */
const withOne = (name: string, expect: 'fail' | 'unknown', one: RecordedResult | null): DrillFault<null> => ({
  name,
  expect,
  plant: async () => ({
    context: { environment, resultOf: (id: string) => (id === '3.3.2.4' ? one : recorded('pass')) },
  }),
})

export const drill = defineDrill<null>({
  item: '3.3.2.0',
  ground: async () => ({
    config: {},
    ground: null,
    context: { environment, resultOf: () => recorded('pass') },
  }),
  faults: [
    withOne('one test failed', 'fail', recorded('fail')),
    withOne('one test was skipped', 'unknown', null),
    withOne('one test does not know', 'unknown', recorded('unknown')),
    { name: 'no test ran', expect: 'unknown', plant: async () => ({ context: { resultOf: () => null } }) },
    {
      name: 'every test left out',
      expect: 'unknown',
      plant: async () => ({ config: { without: Object.fromEntries(SUITE.map(({ id }) => [id, 'no use'])) } }),
    },
    {
      name: 'another digest runs now',
      expect: 'unknown',
      plant: async () => {
        const other = drillInstance({ digest: `sha256:${'1'.repeat(64)}` })
        return { context: { environment: drillEnvironment({ candidates: async () => [other] }) } }
      },
    },
  ],
})
