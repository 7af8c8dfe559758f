import type { Target, TargetState } from '#targets/target.ts'
import type { CheckContext } from '../check.ts'
import { defineDrill } from '../drill.ts'
import { drillRelease, drillStable } from '../drill-situation.ts'

const stable = drillStable().version
const canary = drillRelease().version

const instance = (version: string, ready: boolean): TargetState['instances'][number] => ({
  id: `web-${version}`,
  version,
  digest: '',
  component: 'web',
  url: 'http://127.0.0.1:1',
  pid: null,
  startedAtMs: 0,
  ready,
  restarts: 0,
  logFile: null,
})

/** A stand-in that only tells what a target observed; the check asks nothing else of it. */
function observed(
  weights: Record<string, number>,
  instances: TargetState['instances'],
): Partial<CheckContext> {
  const state: TargetState = {
    stable,
    stableWorkload: null,
    workloads: [],
    instances,
    weights,
    url: 'http://127.0.0.1:1',
  }
  const target = { observe: async () => state } as Target
  const environment = {
    name: 'production',
    target,
    url: state.url,
    candidates: async () => [],
    stables: async () => [],
  }
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
