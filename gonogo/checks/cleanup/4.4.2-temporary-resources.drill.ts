import { dirname } from 'node:path'
import { type DrillFault, defineDrill } from '../drill.ts'
import { drillEnvironment, drillRelease, drillStable, observing } from '../drill-situation.ts'

const { version, digest } = drillRelease()
const workload = { version, digest, artifact: '.', replicas: 1, config: {} }
const config = { folders: ['data'] }

function running(...workloads: (typeof workload)[]) {
  const target = observing([], { workloads })
  return { context: { environment: drillEnvironment({ target }) } }
}

const leaving = (name: string, path: string): DrillFault<null> => ({
  name,
  expect: 'fail',
  plant: async (_ground, scratch) => {
    await scratch.write(path, 'left')
    return { config: { folders: [dirname(path).split('/')[0] ?? ''] } }
  },
})

export const drill = defineDrill<null>({
  item: '4.4.2',
  ground: async (scratch) => {
    await scratch.write('data/production.sqlite', '')
    return { config, ground: null, ...running(workload) }
  },
  faults: [
    {
      name: 'the old version beside the new one',
      expect: 'fail',
      plant: async () => running(workload, { ...workload, version: drillStable().version }),
    },
    { name: 'everything was removed', expect: 'fail', plant: async () => running() },
    leaving('a scratch database', 'one/restore-a1b2/restored.sqlite'),
    leaving('an unfinished backup', 'other/production.sqlite.part'),
  ],
})
