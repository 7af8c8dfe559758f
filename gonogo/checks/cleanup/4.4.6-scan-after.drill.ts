import { artifactDigest } from '#targets/processes/artifact-digest.ts'
import type { Instance, Target } from '#targets/target.ts'
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

/** Two pods of an image; `drift` as the watch tells it, nothing where it is undefined; `sees`: whether it sees them. */
export async function pods(
  scratch: DrillScratch,
  drift: string | null | undefined,
  { sees = true, ...own }: Partial<Instance> & { readonly sees?: boolean } = {},
) {
  const release = drillRelease({ artifact: 'registry.example/gateway:1.1.0' })
  const { version, digest, artifact } = release
  // A scanner that finds something wherever it is not given the image by its digest.
  await scratch.write(
    'scan.mjs',
    `console.log(process.argv[2] === ${JSON.stringify(`registry.example/gateway@${digest}`)} ? ${JSON.stringify(JSON.stringify(sarif([])))} : ${JSON.stringify(JSON.stringify(sarif([finding])))})`,
  )
  const instances = [drillInstance({ pid: null }), drillInstance({ id: 'gateway-2', pid: null, ...own })]
  const workload = { version, digest, artifact, replicas: 2, config: {} }
  const target = {
    ...observing(instances, { workloads: [workload] }),
    notice: () => ({ instances: sees ? instances : [], weights: {}, drift }),
  } as unknown as Target
  return {
    config: { scan: [...config.scan, '${image}'] },
    context: { release, environment: drillEnvironment({ target, candidates: async () => instances }) },
  }
}

const ofPods = (
  name: string,
  expect: 'fail' | 'unknown',
  ...args: Tail<Parameters<typeof pods>>
): DrillFault<null> => ({
  name,
  expect,
  plant: (_ground, scratch) => pods(scratch, ...args),
})
type Tail<T extends readonly unknown[]> = T extends readonly [unknown, ...infer Rest] ? Rest : never

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
    ofPods('pods that somebody changed by hand', 'fail', 'Deployment gateway runs another image'),
    ofPods('pods of which nothing can be told', 'unknown', undefined),
    ofPods('a watch that may not look', 'unknown', 'gonogo may not watch Pod here', { sees: false }),
    ofPods('an image where a process runs', 'unknown', null, { pid: 42 }),
    {
      name: 'nothing runs',
      expect: 'unknown',
      plant: async () => ({ context: { environment: drillEnvironment() } }),
    },
  ],
})
