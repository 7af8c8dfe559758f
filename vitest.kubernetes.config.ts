import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** After its API was away a cluster's own parts need minutes to find back; after the last one there is no cluster. */
const LAST = ['disturbances', 'cluster']

class Order extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) =>
      LAST.findIndex((name) => moduleId.endsWith(`/${name}.kubernetes.test.ts`))
    return [...files].sort((a, b) => rank(a) - rank(b) || a.moduleId.localeCompare(b.moduleId))
  }
}

// One cluster, one file after the other.
export default defineConfig({
  test: {
    include: ['{gonogo,testing}/**/*.kubernetes.test.ts'],
    globalSetup: './testing/kubernetes/whole-suite.ts',
    sequence: { sequencer: Order },
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
})
