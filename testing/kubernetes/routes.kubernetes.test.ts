import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { startLoad, until } from '../../gonogo/targets/contract/load.ts'
import { mustDo, withCanary, withStable } from '../../gonogo/targets/contract/world.ts'
import { startWatched } from '../end-to-end/watched-deployment.ts'
import { kubectl } from './commands.ts'
import { makeKubernetesPlace } from './deployment-world.ts'
import { inOneWorld } from './one-world.ts'
import { testImage } from './test-image.ts'

const CHECKLIST = fileURLToPath(new URL('../end-to-end/behaviours-checklist.yaml', import.meta.url))
const MINUTES = 300_000
const STEPS = [10, 50, 100].map((weight) => ({ weight, wait: '20s' }))

type Refs = readonly { readonly name: string; readonly weight: number }[]

async function refsOf(kind: string, name: string, namespace: string): Promise<Refs[]> {
  const read = await kubectl(['get', kind, name, '-n', namespace, '-o', 'json'])
  const { rules } = JSON.parse(read).spec as { rules: { backendRefs: Refs }[] }
  return rules.map(({ backendRefs }) => backendRefs.map(({ name, weight }) => ({ name, weight })))
}

const shares = (stable: number, canary: number): Refs => [
  { name: 'web', weight: stable },
  ...(canary > 0 ? [{ name: 'web-canary', weight: canary }] : []),
]

test(
  'an HTTPRoute and a GRPCRoute of two rules move together, and back; what else is in them stays',
  () =>
    inOneWorld(
      testImage(),
      async (world) => {
        const { target, namespace } = world
        const method = { matches: [{ method: { service: 'clawdbot.Gateway' } }] }
        const rule = { backendRefs: [{ name: 'web', port: 80 }] }
        const patch = JSON.stringify({ spec: { rules: [{ ...rule, ...method }, rule] } })
        await kubectl(['patch', 'grpcroute', 'web-grpc', '-n', namespace, '--type=merge', '-p', patch])
        await withCanary(world, '1.0.0', '1.1.0')
        await mustDo(target.setWeights({ '1.0.0': 75, '1.1.0': 25 }, 'quarter'))
        expect(await refsOf('httproute', 'web', namespace)).toEqual([shares(75, 25)])
        expect(await refsOf('grpcroute', 'web-grpc', namespace)).toEqual([shares(75, 25), shares(75, 25)])
        await kubectl([
          'patch',
          'grpcroute',
          'web-grpc',
          '-n',
          namespace,
          '--type=json',
          '-p',
          '[{"op":"replace","path":"/spec/rules/1/backendRefs/0/weight","value":10}]',
        ])
        await until('it is told', () => /GRPCRoute web-grpc gives/.test(target.notice?.()?.drift ?? ''))
        await mustDo(target.revert('1.0.0', '1.1.0', 'back'))
        expect(await refsOf('httproute', 'web', namespace)).toEqual([shares(100, 0)])
        expect(await refsOf('grpcroute', 'web-grpc', namespace)).toEqual([shares(100, 0), shares(100, 0)])
        const read = await kubectl(['get', 'grpcroute', 'web-grpc', '-n', namespace, '-o', 'json'])
        expect(JSON.parse(read).spec.rules[0]).toMatchObject(method)
      },
      undefined,
      { routes: [{ name: 'web' }, { kind: 'GRPCRoute', name: 'web-grpc' }] },
    ),
  MINUTES,
)

test(
  'a first deployment changes what nobody had declared, and no one else has',
  () =>
    inOneWorld(testImage(), async (world) => {
      const { target } = world
      const told = async () => {
        await until('the watch tells', () => target.notice?.()?.drift !== undefined)
        return target.notice?.()?.drift
      }
      await mustDo(target.deploy(await world.workload('1.0.0'), 'deploy'))
      expect(await told()).toBeNull()
      await mustDo(target.setWeights({ '1.0.0': 100 }, 'all'))
      await until('the watch tells of the weights', async () => (await told()) === null)
      await mustDo(target.promote('1.0.0', 'promote'))
      await until('the watch tells of the promotion', async () => (await told()) === null)
    }),
  MINUTES,
)

test(
  'a service that ran before gonogo is as it was found; what is changed in its pods from then on is told',
  () =>
    inOneWorld(testImage(), async (world) => {
      const { namespace } = world
      await withStable(world, '1.0.0')
      // As somebody else had deployed it: with the labels of its pods, and none of its own.
      await kubectl(['delete', 'configmap', 'gonogo-web', '-n', namespace])
      const labels = ['of', 'slot', 'version', 'component'].map((name) => `gonogo.dev/${name}-`)
      await kubectl(['label', 'deployment/web', 'service/web', ...labels, '-n', namespace])
      await kubectl(['set', 'env', 'deployment/web', 'BEFORE=yes', '-n', namespace])
      await kubectl(['rollout', 'status', 'deployment/web', '-n', namespace, '--timeout=60s'])
      const target = await world.openAgain()
      await mustDo(target.deploy(await world.workload('1.1.0'), 'deploy'))
      await until('the watch tells that nothing was changed', () => target.notice?.()?.drift === null)
      await kubectl(['set', 'env', 'deployment/web', 'BEFORE=no', '-n', namespace])
      await until('it is told', () =>
        /kubectl-set changed Deployment web /.test(target.notice?.()?.drift ?? ''),
      )
    }),
  MINUTES,
)

test(
  'weights that somebody changes by hand are left until a person resumes, and a canary’s pods are looked at as well',
  async () => {
    const world = await makeKubernetesPlace(CHECKLIST, {}, { policy: { steps: STEPS } })
    const { namespace } = world
    const load = startLoad((await world.target.observe()).url)
    try {
      await world.writeRelease('1.1.0', { strategy: 'canary' })
      const deployment = startWatched(world, '1.1.0')
      await deployment.when('first step', ({ steps }) => steps.length === 1)
      const byHand = JSON.stringify({
        spec: { rules: [{ backendRefs: shares(60, 40).map((one) => ({ ...one, port: 80 })) }] },
      })
      await kubectl(['patch', 'httproute', 'web', '-n', namespace, '--type=merge', '-p', byHand])
      const seen = await deployment.when('it is noticed', ({ drift }) => drift !== null)
      expect(seen.drift?.detail).toMatch(
        /changed by somebody else: HTTPRoute web gives 60 % to web, not the 90 %/,
      )
      await world.decide('ada', 'proceed', 'seen enough')
      await deployment.when('the step is over', ({ steps }) => steps[0]?.decision != null)
      // Two looks more at what is not to be overwritten.
      const { seq } = await deployment.when('the next look', (state) => state.lastAt > seen.lastAt + 2000)
      expect(seq).toBeGreaterThan(seen.seq)
      expect(await refsOf('httproute', 'web', namespace)).toEqual([shares(60, 40)])
      await world.decide('bo', 'resume', 'it was me; go on')
      const next = await deployment.when('second step', ({ steps }) => steps.length === 2)
      expect(await refsOf('httproute', 'web', namespace)).toEqual([shares(50, 50)])
      expect(next.effects['weights:1']?.settled?.ok).toBe(true)
      await kubectl(['set', 'env', 'deployment/web-canary', 'BY_HAND=yes', '-n', namespace])
      const again = await deployment.when('that is noticed', ({ drift }) =>
        /web-canary/.test(drift?.detail ?? ''),
      )
      expect(again.drift?.detail).toContain('kubectl-set changed Deployment web-canary')
      await world.decide('ada', 'rollback', 'enough of this')
      expect((await deployment.ended).status).toBe('rolled-back')
      expect(await refsOf('httproute', 'web', namespace)).toEqual([shares(100, 0)])
    } finally {
      const { failed } = await load.stop()
      await world.close()
      expect(failed).toEqual([])
    }
  },
  MINUTES,
)
