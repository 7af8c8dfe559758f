import type { Instance } from '#targets/target.ts'
import type { CheckContext } from '../check.ts'
import { defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance, drillRelease, drillStable, observing } from '../drill-situation.ts'

const stable = drillStable().version
const canary = drillRelease().version

const instance = (version: string, ready: boolean) => drillInstance({ id: `web-${version}`, version, ready })

function observed(weights: Record<string, number>, instances: readonly Instance[]): Partial<CheckContext> {
  const environment = drillEnvironment({ target: observing(instances, { weights }) })
  return { environment, release: drillRelease(), stable: drillStable() }
}

export const drill = defineDrill<null>({
  item: 'R4',
  ground: async () => ({
    config: {},
    ground: null,
    context: observed({ [stable]: 100 }, [instance(stable, true)]),
  }),
  faults: [
    {
      name: 'the new version keeps a share',
      expect: 'fail',
      plant: async () => ({
        context: observed({ [stable]: 95, [canary]: 5 }, [instance(stable, true), instance(canary, true)]),
      }),
    },
    {
      name: 'the version before is not ready',
      expect: 'fail',
      plant: async () => ({ context: observed({ [stable]: 100 }, [instance(stable, false)]) }),
    },
    {
      name: 'no instance at all',
      expect: 'unknown',
      plant: async () => ({ context: observed({ [stable]: 100 }, []) }),
    },
  ],
})
