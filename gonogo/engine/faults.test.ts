import { describe, expect, test } from 'vitest'
import { SmallDeployment } from '#core/decide/small-deployment.ts'
import type { Instance, Target } from '#targets/target.ts'
import { watchTarget } from './faults.ts'

/** In the middle of a canary: 1.1.0 is deployed beside 1.0.0. */
function deployed() {
  const key = 'deploy:1.1.0'
  const effect = { kind: 'deploy', version: '1.1.0', replicas: 2 } as const
  return new SmallDeployment()
    .add({ type: 'effectIntended', key, effect, attempt: 1 })
    .add({ type: 'effectSettled', key, ok: true, code: null, detail: '', durationMs: 1 }).state
}

const instance = (version: string, ready: boolean, more: Partial<Instance> = {}) =>
  ({ id: version, version, component: 'web', ready, restarts: 0, ...more }) as Instance

const criterion = async (instances: readonly Instance[], weight = 10) =>
  (await fault(instances, weight))?.criterion ?? null

async function fault(instances: readonly Instance[], weight = 10) {
  const weights = { '1.0.0': 100 - weight, '1.1.0': weight }
  const target = { notice: () => ({ instances, weights, drift: null }) } as unknown as Target
  return (await watchTarget(target, deployed())).fault
}

describe('what ends a deployment without statistics', () => {
  test('is that no instance of the new version is ready any more, while one of the old is', async () => {
    const old = [instance('1.0.0', true), instance('1.0.0', false)]
    expect(await criterion([...old, instance('1.1.0', false), instance('1.1.0', false)])).toBe(
      'readiness-lost',
    )
    expect(await criterion([...old, instance('1.1.0', false), instance('1.1.0', true)])).toBeNull()
  })

  test('says why, where the platform knows', async () => {
    const lost = instance('1.1.0', false, { notReady: 'pod web-1: its node n2 is not ready' })
    expect(await fault([instance('1.0.0', true), lost])).toEqual({
      criterion: 'readiness-lost',
      detail: 'none of 1 instances of 1.1.0 is ready any more: pod web-1: its node n2 is not ready',
    })
  })

  test('is not that both versions lost it alike: going back would help nobody', async () => {
    expect(await criterion([instance('1.0.0', false), instance('1.1.0', false)])).toBeNull()
  })

  test('is readiness that is lost where there is no old version to compare with', async () => {
    expect(await criterion([instance('1.1.0', false)])).toBe('readiness-lost')
  })

  test('is nothing that is not ready before it has traffic', async () => {
    expect(await criterion([instance('1.0.0', true), instance('1.1.0', false)], 0)).toBeNull()
  })

  test('is an instance that the platform gave up or that restarts again and again, also where the old ones are gone', async () => {
    const trouble = { code: 'out-of-memory', detail: 'killed' }
    const gone = instance('1.0.0', false)
    expect(await criterion([gone, instance('1.1.0', false, { trouble })])).toBe('out-of-memory')
    expect(await criterion([gone, instance('1.1.0', true, { restarts: 3 })])).toBe('crash-loop')
    expect(await criterion([gone, instance('1.1.0', true, { restarts: 2 })])).toBeNull()
  })
})
