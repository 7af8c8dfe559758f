import { expect, test } from 'vitest'
import { recordOf, worldOf } from './fake-ready-cluster.ts'
import { deploy } from './workload-calls.ts'

const { workload } = recordOf('1.1.0', 'canary')

for (const [kind, name] of [
  ['Service', 'web-canary'],
  ['Deployment', 'web-previous'],
] as const)
  test(`a ${kind} ${name} of somebody else is neither changed nor taken away`, async () => {
    const seen = await worldOf({ desired: 0, weight: 0 })
    const theirs = { kind, metadata: { name, labels: { app: 'flagger' } }, spec: { theirs: true } }
    await seen.cluster.api.apply(theirs as never)
    expect(await deploy(seen.world, workload)).toMatchObject({
      ok: false,
      code: 'name-taken',
      detail: expect.stringContaining(`${kind} ${name} is somebody else's`),
    })
    expect(await seen.cluster.api.read('v1', kind, name)).toMatchObject(theirs)
    expect(seen.cluster.written).toEqual([])
  })
