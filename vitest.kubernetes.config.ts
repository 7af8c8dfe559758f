import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { GIVEN, ROUTER_URLS } from './testing/kubernetes/places.ts'
import { ALONE, FIRST, fileOf, OWN_ONLY } from './testing/kubernetes/suite-files.ts'

const LEFT_OUT = GIVEN ? OWN_ONLY : []

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
