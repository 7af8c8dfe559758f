import { type DrillFault, type DrillScratch, defineDrill } from '#checks/drill.ts'
import { drillRelease, RELEASE_COMMIT, STABLE_COMMIT } from '#checks/drill-situation.ts'

type Run = Record<string, unknown> & { results: Record<string, unknown>[] | null }
type Log = { version: string; runs: Run[] }

const goodLog = (): Log => ({
  version: '2.1.0',
  runs: [
    {
      tool: {
        driver: {
          name: 'drill-lint',
          rules: [{ id: 'sql', properties: { 'security-severity': '9.1' } }, { id: 'tidy' }],
        },
      },
      invocations: [{ executionSuccessful: true, endTimeUtc: new Date().toISOString() }],
      versionControlProvenance: [{ revisionId: RELEASE_COMMIT }],
      results: [resultOf('tidy', { level: 'warning' })],
    },
  ],
})

const resultOf = (ruleId: string, more: Record<string, unknown> = {}) => ({
  ruleId,
  message: { text: `found by ${ruleId}` },
  locations: [{ physicalLocation: { artifactLocation: { uri: 'src/a.ts' }, region: { startLine: 3 } } }],
  ...more,
})

const save = (scratch: DrillScratch, log: Log) => scratch.write('lint.sarif', JSON.stringify(log))

async function ground(scratch: DrillScratch) {
  const log = goodLog()
  await save(scratch, log)
  return { config: { reports: ['lint.sarif'] }, context: { release: drillRelease() }, ground: log }
}

const inRun = (name: string, expect: 'fail' | 'unknown', change: (run: Run) => void): DrillFault<Log> => ({
  name,
  expect,
  plant: async ({ ground: log }, scratch) => {
    for (const run of log.runs) change(run)
    await save(scratch, log)
    return {}
  },
})

const adding = (name: string, expect: 'fail' | 'unknown', result: Record<string, unknown>): DrillFault<Log> =>
  inRun(name, expect, (run) => {
    run.results?.push(result)
  })

export const drill = defineDrill<Log>({
  item: '1.1.4',
  ground,
  faults: [
    adding('a critical finding', 'fail', resultOf('sql')),
    adding('a finding at the level of an error', 'fail', resultOf('tidy', { level: 'error' })),
    adding('suppressed without a reason', 'fail', resultOf('sql', { suppressions: [{ kind: 'inSource' }] })),
    adding(
      'a suppression that is still under review',
      'fail',
      resultOf('sql', { suppressions: [{ status: 'underReview', justification: 'later' }] }),
    ),
    adding('a finding without a severity', 'unknown', resultOf('tidy')),
    inRun('a scan of another revision', 'unknown', (run) => {
      run.versionControlProvenance = [{ revisionId: STABLE_COMMIT }]
    }),
    inRun('a scan that names no revision', 'unknown', (run) => {
      run.versionControlProvenance = []
    }),
    inRun('a scanner run that failed', 'unknown', (run) => {
      run.invocations = [{ executionSuccessful: false }]
    }),
    inRun('a run that computed no results', 'unknown', (run) => {
      run.results = null
    }),
    inRun('a scan of last week', 'unknown', (run) => {
      run.invocations = [{ executionSuccessful: true, endTimeUtc: '2020-01-01T00:00:00Z' }]
    }),
    {
      name: 'no runs',
      expect: 'unknown',
      plant: async (_ground, scratch) => {
        await save(scratch, { version: '2.1.0', runs: [] })
        return {}
      },
    },
    {
      name: 'a report that is cut off',
      expect: 'unknown',
      plant: async ({ ground: log }, scratch) => {
        await scratch.write('lint.sarif', JSON.stringify(log).slice(0, -30))
        return {}
      },
    },
  ],
})
