import { artifactDigest } from '#targets/processes/artifact-digest.ts'
import type { DrillFault, DrillScratch } from '../drill.ts'
import { defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance, drillRelease, observing } from '../drill-situation.ts'

const config = { scan: ['node', '${root}/scan.mjs'] }
const sarif = (results: object[], invocation: object = { executionSuccessful: true }) => ({
  version: '2.1.0',
  $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
  runs: [{ tool: { driver: { name: 'drill', rules: [] } }, invocations: [invocation], results }],
})
const finding = {
  ruleId: 'injection',
  level: 'error',
  message: { text: 'boom' },
  properties: { 'security-severity': '9.1' },
}

const printing = (scratch: DrillScratch, document: object | string) =>
  scratch.write(
    'scan.mjs',
    `console.log(${JSON.stringify(typeof document === 'string' ? document : JSON.stringify(document))})`,
  )

async function situation(scratch: DrillScratch, running: Record<string, string> = {}) {
  await scratch.write('release/main.mjs', 'export {}')
  const digest = await artifactDigest(`${scratch.folder}/release`)
  const release = drillRelease({ artifact: 'release', digest })
  const instances = [drillInstance({ digest })]
  const workload = { version: release.version, digest, artifact: 'release', replicas: 1, config: running }
  const target = observing(instances, { workloads: [workload] })
  return {
    context: { release, environment: drillEnvironment({ target, candidates: async () => instances }) },
  }
}

const scanning = (name: string, expect: 'fail' | 'unknown', document: object | string): DrillFault<null> => ({
  name,
  expect,
  plant: async (_ground, scratch) => {
    await printing(scratch, document)
    return {}
  },
})

export const drill = defineDrill<null>({
  item: '4.4.6',
  ground: async (scratch) => {
    await printing(scratch, sarif([]))
    return { config, ground: null, ...(await situation(scratch)) }
  },
  faults: [
    scanning('a critical finding', 'fail', sarif([finding])),
    scanning('a scan that failed', 'unknown', sarif([], { executionSuccessful: false })),
    scanning('a scan without runs', 'unknown', { version: '2.1.0', runs: [] }),
    scanning('what is no SARIF', 'unknown', 'all is well'),
    scanning('a scanner that says nothing', 'unknown', ''),
    {
      name: 'a file that was changed where it runs',
      expect: 'fail',
      plant: async (_ground, scratch) => {
        await scratch.write('release/main.mjs', 'export const changed = true')
        return {}
      },
    },
    {
      name: 'another configuration than was released',
      expect: 'fail',
      plant: (_ground, scratch) => situation(scratch, { LEVEL: 'debug' }),
    },
    {
      name: 'nothing runs',
      expect: 'unknown',
      plant: async () => ({ context: { environment: drillEnvironment() } }),
    },
  ],
})
