import { type DrillFault, type DrillScratch, defineDrill } from '#checks/drill.ts'
import { drillRelease, drillStable, RELEASE_COMMIT, STABLE_COMMIT } from '#checks/drill-situation.ts'

const section = (file: string, lines: number, covered: number) =>
  [
    'TN:',
    `SF:${file}`,
    ...Array.from({ length: lines }, (_, i) => `DA:${i + 1},${i < covered ? 1 : 0}`),
    `LF:${lines}`,
    `LH:${covered}`,
    'end_of_record',
    '',
  ].join('\n')

const report = (critical: number, other: number) =>
  section('src/auth/login.ts', 100, critical) + section('src/a.ts', 100, other)
const provenance = (commit: string) => JSON.stringify({ commit })

const CONFIG = {
  report: { file: 'lcov.info' },
  critical: ['src/auth/**'],
  baseline: { file: 'stable.info' },
  tolerance: 0.5,
}

async function ground(scratch: DrillScratch) {
  await scratch.write('lcov.info', report(90, 74))
  await scratch.write('lcov.info.provenance.json', provenance(RELEASE_COMMIT))
  await scratch.write('stable.info', report(85, 80))
  await scratch.write('stable.info.provenance.json', provenance(STABLE_COMMIT))
  return { config: CONFIG, context: { release: drillRelease(), stable: drillStable() }, ground: null }
}

const inFile = (
  name: string,
  expect: 'fail' | 'unknown',
  text: string,
  file = 'lcov.info',
): DrillFault<null> => ({
  name,
  expect,
  plant: async (_ground, scratch) => {
    await scratch.write(file, text)
    return {}
  },
})

export const drill = defineDrill<null>({
  item: '1.1.3',
  ground,
  faults: [
    inFile('critical code below the minimum', 'fail', report(79, 100)),
    inFile('critical code less covered than before', 'fail', report(84, 100)),
    inFile('all code less covered than before, by more than is tolerated', 'fail', report(90, 73)),
    {
      name: 'less covered than before where nothing is tolerated',
      expect: 'fail',
      plant: async () => ({ config: { ...CONFIG, tolerance: 0 } }),
    },
    inFile('an empty report', 'unknown', 'TN:\n'),
    inFile('a report without the critical files', 'unknown', section('src/a.ts', 10, 10)),
    inFile('a report that is cut off', 'unknown', report(90, 80).slice(0, -20)),
    inFile('a report of another commit', 'unknown', provenance(STABLE_COMMIT), 'lcov.info.provenance.json'),
    inFile('a report that names no commit', 'unknown', '{}', 'lcov.info.provenance.json'),
    {
      name: 'nothing to compare with',
      expect: 'unknown',
      plant: async () => ({ config: { report: { file: 'lcov.info' }, critical: ['src/auth/**'] } }),
    },
  ],
})
