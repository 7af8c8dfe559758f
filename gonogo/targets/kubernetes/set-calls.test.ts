import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { KubernetesObject } from '@kubernetes/client-node'
import { afterAll, describe, expect, test } from 'vitest'
import { stringify } from 'yaml'
import type { Outcome } from '../target.ts'
import type { Pod } from './cluster-api.ts'
import { kubernetesConfigSchema } from './config.ts'
import { FakeSetCluster } from './fake-set-cluster.ts'
import { isReady } from './pods.ts'
import { LABELS } from './render.ts'
import { StateMap } from './state-map.ts'
import { promote, revert, setWeights } from './traffic-calls.ts'
import { cleanup, deploy, scale } from './workload-calls.ts'
import type { World } from './world.ts'

const root = mkdtempSync(join(tmpdir(), 'gonogo-set-calls-'))
afterAll(() => rmSync(root, { recursive: true }))
const selector = { app: 'store' }
const template = {
  metadata: { labels: selector },
  spec: { containers: [{ name: 'store', image: '${image}' }] },
}
const objects = [
  { apiVersion: 'v1', kind: 'Service', metadata: { name: 'store' }, spec: { selector } },
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'store' },
    spec: { serviceName: 'store', selector: { matchLabels: selector }, template },
  },
]
writeFileSync(join(root, 'store.yaml'), objects.map((one) => stringify(one)).join('---\n'))
const config = kubernetesConfigSchema.parse({
  kind: 'kubernetes',
  namespace: 'prod',
  url: 'http://store.example',
  readyTimeoutMs: 2000,
  components: { store: { manifest: 'store.yaml', public: true } },
})
const digest = `sha256:${'a'.repeat(64)}`
const workload = (version: string, replicas: number, artifact = 'good') => ({
  version,
  artifact,
  digest,
  replicas,
  config: { text: version },
})

type Opened = Awaited<ReturnType<typeof opened>>

/** As one that is started opens it: nothing is known but what the cluster keeps. */
async function opened({ api, next }: FakeSetCluster) {
  const watches = { next }
  const map = await StateMap.open(api, 'store')
  const counters = null
  const world = {
    config,
    root,
    of: 'store',
    api,
    map,
    watches,
    counters,
    ending: new Set(),
    underWay: new Set(),
  } as unknown as World
  return {
    world,
    must: async (outcome: Promise<Outcome>) => {
      const settled = await outcome
      await map.save()
      if (!settled.ok) throw new Error(`${settled.code}: ${settled.detail}`)
    },
  }
}

type Seen = {
  /** Turns in which the Service led nowhere. */
  gaps: number
  readonly cluster: FakeSetCluster
  /** Of each pod, by its ordinal. */
  versions(): string
  /** Versions that users are led to. */
  led(): string[]
}

/** One test beside others, on a cluster of its own where 1.0.0 has so many pods. */
const on = (pods: number, body: (seen: Seen, first: Opened) => Promise<void>) => async () => {
  const cluster = new FakeSetCluster()
  const versionOf = ({ metadata }: Pod) => metadata?.labels?.[LABELS.version] ?? ''
  const seen: Seen = {
    gaps: 0,
    cluster,
    versions: () =>
      cluster
        .pods()
        .map((pod) => `${versionOf(pod)}${isReady(pod) ? '' : '?'}`)
        .join(' '),
    led: () => [...new Set(cluster.led('store').map(versionOf))],
  }
  try {
    const first = await opened(cluster)
    const { world, must } = first
    await must(deploy(world, workload('1.0.0', pods)))
    await must(setWeights(world, { '1.0.0': 100 }))
    await must(promote(world, '1.0.0'))
    cluster.watch = () => {
      if (cluster.led('store').length === 0) seen.gaps++
    }
    await body(seen, first)
  } finally {
    cluster.close()
  }
}

/** The calls of the strategy rolling, up to so many of all pods. */
async function roll({ world, must }: Opened, upTo: number, all: number): Promise<void> {
  await must(deploy(world, workload('1.1.0', 1)))
  for (let n = 1; n <= upTo; n++) {
    await must(setWeights(world, { '1.0.0': 100 - (100 * n) / all, '1.1.0': (100 * n) / all }))
    if (n > 1) await must(scale(world, '1.1.0', n))
    await must(scale(world, '1.0.0', all - n))
  }
}

describe.concurrent('calls for a StatefulSet', { timeout: 30_000 }, () => {
  test(
    'rolling replaces pod by pod from the highest, users always have one, and a promotion starts none again',
    on(3, async (seen, first) => {
      const { world, must } = first
      await must(deploy(world, workload('1.1.0', 1)))
      expect(seen.versions()).toBe('1.0.0 1.0.0 1.1.0')
      expect(seen.led()).toEqual(['1.0.0'])
      await roll(first, 2, 3)
      expect(seen.versions()).toBe('1.0.0 1.1.0 1.1.0')
      expect(seen.led()).toEqual(['1.0.0', '1.1.0'])
      await roll(first, 3, 3)
      expect(seen.versions()).toBe('1.1.0 1.1.0 1.1.0')
      const uids = () => seen.cluster.pods().map(({ metadata }) => metadata?.uid)
      const before = uids()
      await must(promote(world, '1.1.0'))
      await must(cleanup(world, ['1.1.0']))
      expect(uids()).toEqual(before)
      expect(seen.led()).toEqual(['1.1.0'])
      expect(seen.cluster.names('Service')).toEqual(['store'])
      expect(seen.gaps).toBe(0)
    }),
  )

  for (const [before, after] of [
    [2, 3],
    [4, 2],
  ] as const)
    test(
      `from ${before} to ${after} pods users always have one of each version that has traffic`,
      on(before, async (seen, first) => {
        const { world, must } = first
        const own = { ...first, world: { ...world, config: { ...config, replicas: after } } }
        const watch = seen.cluster.watch
        seen.cluster.watch = () => {
          watch()
          const { weights } = world.map.state
          const lacking = Object.keys(weights).filter(
            (one) => (weights[one] ?? 0) > 0 && !seen.led().includes(one),
          )
          if (lacking.length > 0) seen.gaps++
        }
        await roll(own, after, after)
        await must(promote(own.world, '1.1.0'))
        expect(seen.versions()).toBe(Array(after).fill('1.1.0').join(' '))
        expect(seen.gaps).toBe(0)
      }),
    )

  for (const [replaced, all] of [
    [1, 3],
    [2, 3],
    [3, 3],
    [1, 2],
    [2, 2],
  ] as const)
    test(
      `with ${replaced} of ${all} pods replaced the old version comes back, and users always have one`,
      on(all, async (seen, first) => {
        await roll(first, replaced, all)
        await first.must(revert(first.world, '1.0.0', '1.1.0'))
        expect(seen.versions()).toBe(Array(all).fill('1.0.0').join(' '))
        expect(seen.led()).toEqual(['1.0.0'])
        expect(seen.gaps).toBe(0)
      }),
    )

  test(
    'after a promotion, and for one that is started again, the old version comes back as well',
    on(2, async (seen, first) => {
      await roll(first, 2, 2)
      await first.must(promote(first.world, '1.1.0'))
      const { world, must } = await opened(seen.cluster)
      await must(revert(world, '1.0.0', '1.1.0'))
      expect(seen.versions()).toBe('1.0.0 1.0.0')
      expect(seen.gaps).toBe(0)
      expect(seen.cluster.names('Service')).toEqual(['store'])
    }),
  )

  test(
    'a version that does not start is refused, its pod is replaced, and nobody has noticed',
    on(2, async (seen, { world }) => {
      const outcome = await deploy(world, workload('1.1.0', 1, 'bad'))
      expect(outcome).toMatchObject({ ok: false, code: 'crash-loop' })
      expect(seen.versions()).toBe('1.0.0 1.0.0')
      expect(seen.gaps).toBe(0)
      expect(Object.keys(world.map.state.versions)).toEqual(['1.0.0'])
    }),
  )

  test(
    'a last pod that does not start holds up no way back',
    on(2, async (seen, first) => {
      const { world, must } = first
      await roll(first, 1, 2)
      await must(setWeights(world, { '1.1.0': 100 }))
      seen.cluster.isBroken = true
      expect(await scale(world, '1.1.0', 2)).toMatchObject({ ok: false, code: 'crash-loop' })
      seen.cluster.isBroken = false
      await must(revert(world, '1.0.0', '1.1.0'))
      expect(seen.versions()).toBe('1.0.0 1.0.0')
      expect(seen.led()).toEqual(['1.0.0'])
    }),
  )

  test(
    'recreate ends all pods before it starts the new ones, and so does the way back from a version that does not start',
    on(2, async (seen, { world, must }) => {
      await must(scale(world, '1.0.0', 0))
      expect(seen.versions()).toBe('')
      const outcome = await deploy(world, workload('1.1.0', 2, 'bad'))
      expect(outcome).toMatchObject({ ok: false, code: 'crash-loop' })
      await must(revert(world, '1.0.0', '1.1.0'))
      expect(seen.versions()).toBe('1.0.0 1.0.0')
      await must(scale(world, '1.0.0', 0))
      await must(deploy(world, workload('1.2.0', 2)))
      await must(setWeights(world, { '1.2.0': 100 }))
      await must(promote(world, '1.2.0'))
      expect(seen.versions()).toBe('1.2.0 1.2.0')
      expect(seen.led()).toEqual(['1.2.0'])
    }),
  )

  test(
    'a deployment that was cut short goes on, or goes back, for one that is started again',
    on(2, async (seen, { world }) => {
      const { apply } = seen.cluster.api
      const killed = async (object: KubernetesObject) => {
        await apply(object)
        if (object.kind === 'StatefulSet') throw new Error('killed')
      }
      Object.assign(seen.cluster.api, { apply: killed })
      await expect(deploy(world, workload('1.1.0', 1))).rejects.toThrow('killed')
      Object.assign(seen.cluster.api, { apply })
      const second = await opened(seen.cluster)
      await second.must(deploy(second.world, workload('1.1.0', 1)))
      expect(seen.versions()).toBe('1.0.0 1.1.0')
      const third = await opened(seen.cluster)
      await third.must(revert(third.world, '1.0.0', '1.1.0'))
      expect(seen.versions()).toBe('1.0.0 1.0.0')
      expect(seen.gaps).toBe(0)
    }),
  )

  test(
    'with nothing kept, the StatefulSet is gone',
    on(2, async (seen, { world, must }) => {
      await must(cleanup(world, []))
      expect(seen.cluster.names('StatefulSet')).toEqual([])
      expect(seen.cluster.names('Service')).toEqual([])
    }),
  )

  test(
    'a component that was a Deployment does not become a StatefulSet under its name',
    on(1, async (_seen, { world }) => {
      const [record] = Object.values(world.map.state.versions)
      for (const one of record?.manifests[0]?.objects ?? [])
        if (one.kind === 'StatefulSet') one.kind = 'Deployment'
      expect(await deploy(world, workload('1.1.0', 1))).toMatchObject({ ok: false, code: 'kind-changed' })
    }),
  )
})
