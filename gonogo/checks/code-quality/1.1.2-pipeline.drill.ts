import { type DrillFault, type DrillScratch, defineDrill } from '#checks/drill.ts'
import { drillRelease, RELEASE_COMMIT, STABLE_COMMIT } from '#checks/drill-situation.ts'

type Ground = { readonly unit: string }

const junit = (commit: string, cases: string, count: number) =>
  `<?xml version="1.0"?>
<testsuites name="drill" tests="${count}">
  <testsuite name="suite" tests="${count}">
    <properties><property name="commit" value="${commit}"/><property name="run" value="4711"/></properties>
    ${cases}
  </testsuite>
</testsuites>
`
const GOOD = '<testcase classname="a" name="one"/><testcase classname="a" name="two"/>'

const ctrf = (commit: string, status: 'passed' | 'skipped' = 'passed') => {
  const passed = status === 'passed' ? 1 : 0
  const summary = {
    tests: 1,
    passed,
    failed: 0,
    pending: 0,
    skipped: 1 - passed,
    other: 0,
    start: 1,
    stop: 2,
  }
  const tests = [{ name: 'end to end', status, duration: 1 }]
  return JSON.stringify({ results: { tool: { name: 'drill' }, summary, tests, environment: { commit } } })
}

const checkRuns = (commit: string, conclusion = 'success') =>
  JSON.stringify({
    total_count: 1,
    check_runs: [{ id: 7, name: 'compile', head_sha: commit, status: 'completed', conclusion }],
  })

async function ground(scratch: DrillScratch) {
  const unit = junit(RELEASE_COMMIT, GOOD, 2)
  await scratch.write('unit.xml', unit)
  await scratch.write('lint.xml', junit(RELEASE_COMMIT, '<testcase name="lint"/>', 1))
  await scratch.write('integration.json', ctrf(RELEASE_COMMIT))
  await scratch.write('checks.json', checkRuns(RELEASE_COMMIT))
  const reports = [
    { kind: 'build', file: 'checks.json', format: 'github-checks', checks: ['compile'] },
    { kind: 'lint', file: 'lint.xml' },
    { kind: 'unit', file: 'unit.xml' },
    { kind: 'integration', file: 'integration.json' },
  ]
  return { config: { reports }, context: { release: drillRelease() }, ground: { unit } }
}

/** A fault in one of the files. */
const inFile = (
  name: string,
  expect: 'fail' | 'unknown',
  file: string,
  text: string | ((unit: string) => string),
): DrillFault<Ground> => ({
  name,
  expect,
  plant: async ({ ground: { unit } }, scratch) => {
    await scratch.write(file, typeof text === 'string' ? text : text(unit))
    return {}
  },
})

const skipped = '<testcase name="one"/><testcase name="two"><skipped/></testcase>'
const failing = '<testcase name="one"/><testcase name="two"><failure message="no"/></testcase>'

export const drill = defineDrill<Ground>({
  item: '1.1.2',
  ground,
  faults: [
    {
      name: 'one report counted for two kinds',
      expect: 'unknown',
      plant: async ({ config }) => {
        const { reports } = config as { reports: { kind: string; file: string }[] }
        return {
          config: {
            reports: reports.map((r) => (r.kind === 'integration' ? { ...r, file: 'unit.xml' } : r)),
          },
        }
      },
    },
    inFile('a failed test', 'fail', 'unit.xml', junit(RELEASE_COMMIT, failing, 2)),
    inFile('a skipped test', 'fail', 'unit.xml', junit(RELEASE_COMMIT, skipped, 2)),
    inFile('a run of another commit', 'unknown', 'unit.xml', junit(STABLE_COMMIT, GOOD, 2)),
    inFile(
      'a report that names no commit',
      'unknown',
      'unit.xml',
      '<testsuite tests="1"><testcase name="a"/></testsuite>',
    ),
    inFile('zero tests', 'unknown', 'unit.xml', junit(RELEASE_COMMIT, '', 0)),
    inFile('a report that is cut off', 'unknown', 'unit.xml', (unit) => unit.slice(0, unit.length / 2)),
    inFile('a report with tests missing', 'unknown', 'unit.xml', junit(RELEASE_COMMIT, GOOD, 9)),
    inFile(
      'a required check that was skipped',
      'unknown',
      'checks.json',
      checkRuns(RELEASE_COMMIT, 'skipped'),
    ),
    inFile(
      'a required check that is neutral',
      'unknown',
      'checks.json',
      checkRuns(RELEASE_COMMIT, 'neutral'),
    ),
    inFile('a check that was cancelled', 'fail', 'checks.json', checkRuns(RELEASE_COMMIT, 'cancelled')),
    inFile('a CTRF report of another commit', 'unknown', 'integration.json', ctrf(STABLE_COMMIT)),
    inFile('only skipped tests', 'unknown', 'integration.json', ctrf(RELEASE_COMMIT, 'skipped')),
  ],
})
