import { expect, test } from 'vitest'
import type { Check } from '../check.ts'
import { drillEnvironment, drillInstance, drillRelease, observing } from '../drill-situation.ts'
import { tryCheck } from '../try-drill.ts'
import { check } from './3.3.4.1-pods.ts'

test('as many pods are wanted as the autoscaler of the new version decides, not as were declared', async () => {
  const { version, digest } = drillRelease()
  const instances = ['1', '2', '3'].map((number) => drillInstance({ id: `gateway-${number}` }))
  const workload = { version, digest, artifact: '.', replicas: 2, config: {} }
  const state = { workloads: [workload], weights: { [version]: 100 }, stable: version }
  const environment = drillEnvironment({
    target: observing(instances, { ...state, autoscaled: { gateway: 3 } }),
    candidates: async () => instances,
  })
  const { verdict, summary } = await tryCheck(
    check as unknown as Check<never>,
    {},
    { folder: '.' },
    { environment },
  )
  expect(`${verdict}: ${summary}`).toBe('pass: 3 of 3 instances available in 1 components')
})
