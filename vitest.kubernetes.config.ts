import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { GIVEN, ROUTER_URLS } from './testing/kubernetes/places.ts'

/** The longest, first: none of them is to be what all others wait for at the end. */
const FIRST = ['strategies', 'behaviours', 'stateful-sets', 'by-pods', 'failures', 'migrations', 'lockstep']
/**
 * What takes a node, the API or the cluster itself away has it alone, and so has what gives a pod four seconds to start. After its
 * API was away a cluster's own parts need minutes to find back; after the last one there is no cluster.
 */
const ALONE = ['target', 'disruptions', 'disturbances', 'cluster']
/** What reaches into the node, the API server, the images or the addresses of a cluster has one of its own only. */
const OWN_ONLY = [
  ...['disruptions', 'disturbances', 'cluster', 'environment-checks', 'secrets-checks', 'stateful-sets'],
  ...['by-pods', 'in-cluster', 'in-cluster-deployment', 'migrations'],
]
const LEFT_OUT = GIVEN ? OWN_ONLY : []

const fileOf = (name: string) => `testing/kubernetes/${name}.kubernetes.test.ts`

class Order extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const at = (names: readonly string[]) => names.findIndex((name) => moduleId.endsWith(fileOf(name)))
      return at(FIRST) >= 0 ? at(FIRST) - FIRST.length : at(ALONE) + 1
    }
    return [...files].sort((a, b) => rank(a) - rank(b) || a.moduleId.localeCompare(b.moduleId))
  }
}

const LIMITS = { testTimeout: 60_000, hookTimeout: 120_000 }

// One cluster for all.
export default defineConfig({
  test: {
    globalSetup: './testing/kubernetes/whole-suite.ts',
    sequence: { sequencer: Order },
    projects: [
      {
        test: {
          ...LIMITS,
          name: 'beside each other',
          include: [fileOf('*')],
          exclude: [...ALONE, ...LEFT_OUT].map(fileOf),
          // Each has an entry point of the router.
          maxWorkers: Math.min(availableParallelism(), ROUTER_URLS.length),
          // 0 is special: with one worker its files would come after all others.
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...LIMITS,
          name: 'alone',
          include: ALONE.filter((name) => !LEFT_OUT.includes(name)).map(fileOf),
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
