import { readFileSync, writeFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clusterWorld, container, deployment, NAMESPACE, startCluster } from '#checks/live/cluster-drill.ts'
import type { DrillObject } from '#checks/live/drill-cluster.ts'
import { scratchIn } from '#checks/try-drill.ts'
import { examine } from './examine.ts'
import { plannedOnCluster } from './planned-on-cluster.ts'
import type { Workspace } from './workspace.ts'

let folder = ''
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gonogo-planned-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const marked = (kind: string, annotations: Record<string, string>): DrillObject => ({
  kind,
  metadata: { name: 'web', namespace: NAMESPACE, annotations } as DrillObject['metadata'],
})

async function onCluster<T>(
  situation: Parameters<typeof startCluster>[1],
  body: (workspace: Workspace, started: Awaited<ReturnType<typeof startCluster>>) => Promise<T>,
): Promise<T> {
  const started = await startCluster(scratchIn(folder), situation)
  try {
    return await body({ root: folder, service: started.context.service } as Workspace, started)
  } finally {
    await started.close()
  }
}

const warningsOf = (situation: Parameters<typeof startCluster>[1]) =>
  onCluster(situation, async (workspace, { context }) => {
    if (!context.release) throw new Error('no release')
    return (await plannedOnCluster(workspace, 'production', context.release, null)).warnings
  })

test('planning warns of foreign owners, each by its name', async () => {
  const world = {
    ...clusterWorld(),
    objects: [
      deployment({}, { annotations: { 'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:web' } }),
      marked('Service', { 'meta.helm.sh/release-name': 'web' }),
      {
        kind: 'HTTPRoute',
        metadata: {
          name: 'web',
          namespace: NAMESPACE,
          labels: { 'kustomize.toolkit.fluxcd.io/name': 'shop' },
        },
      },
    ],
  }
  const told = (await warningsOf({ world })).join('\n')
  for (const line of [
    'Service web belongs to Helm',
    'Deployment web belongs to Argo CD',
    'HTTPRoute web belongs to Flux',
  ])
    expect(told).toContain(line)
})

test('planning warns of a Secret or ConfigMap that would not go back, and of none whose name says its version', async () => {
  const refs = (...names: string[]) => ({
    containers: [{ ...container, envFrom: names.map((name) => ({ secretRef: { name } })) }],
  })
  expect(await warningsOf({ world: clusterWorld(), manifest: refs('database', 'api-keys') })).toEqual([
    'web: Secret api-keys has no version in its name: a change of it would not be rolled back',
    'web: Secret database has no version in its name: a change of it would not be rolled back',
  ])
  expect(
    await warningsOf({ world: clusterWorld(), manifest: refs('database-v12', 'api-keys-7f9cbt2dkm') }),
  ).toEqual([])
})

const budget = (name: string, spec: object): DrillObject => ({
  kind: 'PodDisruptionBudget',
  metadata: { name, namespace: NAMESPACE },
  spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
})
const stableOnly = { selector: { matchLabels: { app: 'web', 'gonogo.dev/slot': 'stable' } } }

test.each([
  ['at most one at once, whichever version it is of', [budget('web', { maxUnavailable: 1 })], []],
  [
    'half of all',
    [budget('web', { minAvailable: '50%' })],
    [/may take 2 of 2 pods of the stable version, not 1/],
  ],
  ['half of the stable version', [budget('web', { minAvailable: '50%', ...stableOnly })], []],
  [
    'as many as there are',
    [budget('web', { minAvailable: 2, ...stableOnly })],
    [/^web: .* lets none of 2 pods be evicted/],
  ],
  ['none at all', [budget('web', { maxUnavailable: '0%' })], [/lets none of 2 pods be evicted/]],
  ['others’ pods', [budget('web', { minAvailable: 2, selector: { matchLabels: { app: 'db' } } })], []],
  ['no pods', [budget('web', { minAvailable: 2, selector: null })], []],
  [
    'twice',
    [budget('web', { maxUnavailable: 1 }), budget('all', { maxUnavailable: 1, selector: {} })],
    [/more than one PodDisruptionBudget \(web, all\): the cluster evicts none/],
  ],
] as const)('planning reckons what a budget means beside a canary: %s', async (_name, budgets, wanted) => {
  const told = await warningsOf({ world: clusterWorld(budgets) })
  expect(told).toHaveLength(wanted.length)
  for (const [index, pattern] of wanted.entries()) expect(told[index]).toMatch(pattern)
})

test('planning warns of an autoscaler that runs more pods than a new version starts with', async () => {
  const autoscaler = (name: string, desiredReplicas: number): DrillObject => ({
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'web', namespace: NAMESPACE },
    spec: { scaleTargetRef: { kind: 'Deployment', name } },
    status: { desiredReplicas },
  })
  expect(await warningsOf({ world: clusterWorld([autoscaler('web', 6)]) })).toEqual([
    'HorizontalPodAutoscaler web runs 6 pods of Deployment web, and a new version starts with 2: set target.replicas to what all traffic needs',
  ])
  expect(await warningsOf({ world: clusterWorld([autoscaler('web', 2), autoscaler('other', 6)]) })).toEqual(
    [],
  )
})

/** As the service is declared, without routes. */
function withoutRoute({ root, service }: Workspace): Workspace {
  const { production } = service.environments
  const target = { ...production?.target, kind: 'kubernetes', routes: [] }
  const environments = { production: { ...production, target } } as typeof service.environments
  return { root, service: { ...service, environments } } as Workspace
}

test('planning says how coarse the shares of a canary are where there is no route', async () => {
  const told = await onCluster({ world: clusterWorld() }, async (workspace, { context }) => {
    const release = { ...context.release, strategy: 'canary' } as NonNullable<typeof context.release>
    return (await plannedOnCluster(withoutRoute(workspace), 'production', release, null)).warnings
  })
  expect(told).toEqual([
    expect.stringMatching(
      /^no route is declared: each pod gets as many .* 33.3 % \(1 of 3 pods\), 50 % \(2 of 4 pods\), 100 %$/,
    ),
  ])
})

test('planning refuses a canary of a StatefulSet by file and component, and says what rolling means for one', async () => {
  const planned = (strategy: string) =>
    onCluster({ world: clusterWorld() }, async (workspace, { context }) => {
      const file = join(folder, 'web.yaml')
      writeFileSync(file, readFileSync(file, 'utf8').replace('kind: Deployment', 'kind: StatefulSet'))
      const release = { ...context.release, strategy } as NonNullable<typeof context.release>
      return (await plannedOnCluster(workspace, 'production', release, null)).warnings
    })
  await expect(planned('canary')).rejects.toMatchObject({
    code: 'in-place',
    exit: 2,
    message: expect.stringMatching(
      /^web \(web.yaml\) is a StatefulSet, .* say strategy: rolling, or recreate$/,
    ),
  })
  expect(await planned('rolling')).toEqual([
    expect.stringMatching(/while 1 of 2 serve; nothing of the version before is kept ready during the watch/),
  ])
})

test('doctor asks for nothing of the Gateway API where there is no route', async () => {
  const apis = ['apps/v1', 'batch/v1', 'coordination.k8s.io/v1', 'autoscaling/v2']
  const texts = {
    ...clusterWorld().texts,
    ...Object.fromEntries(apis.map((api) => [`/apis/${api}`, JSON.stringify({ resources: [] })])),
  }
  const world = { ...clusterWorld(), objects: [], texts, forbidden: ['patch httproutes', 'patch grpcroutes'] }
  const bad = (change: (workspace: Workspace) => Workspace) =>
    onCluster({ world }, async (workspace) => {
      const { root, service } = change(workspace)
      const examined = { root, service: { ...service, checks: {} } } as Workspace
      return (await examine(examined, 'production', true)).filter(({ ok }) => !ok).map(({ what }) => what)
    })
  expect(await bad(withoutRoute)).toEqual([])
  expect(await bad((workspace) => workspace)).toHaveLength(4)
})

test('doctor asks for what leads to every pod only where their counters are read from outside', async () => {
  const world = { ...clusterWorld(), forbidden: ['get pods/proxy'] }
  const asked = (metrics: object | undefined) =>
    onCluster({ world }, async ({ root, service }) => {
      const { production } = service.environments
      const environments = {
        production: { ...production, metrics },
      } as unknown as typeof service.environments
      const examined = { root, service: { ...service, environments, checks: {} } } as Workspace
      const findings = await examine(examined, 'production', true)
      return findings.filter(({ what }) => what.includes('pods/proxy'))
    })
  expect(await asked(undefined)).toEqual([])
  expect(await asked({ source: 'router' })).toEqual([])
  expect(await asked({ source: 'instances', via: 'address' })).toEqual([])
  expect(await asked({ source: 'instances' })).toEqual([
    {
      what: 'may get pods/proxy',
      ok: false,
      detail: 'may not get, which metrics of instances need from outside the cluster',
      remedy: `kubectl apply -n ${NAMESPACE} -f deploy/gonogo/pod-metrics.yaml`,
    },
  ])
})

test('planning says what it may not read', async () => {
  const path = `/apis/policy/v1/namespaces/${NAMESPACE}/poddisruptionbudgets`
  const [told] = await warningsOf({ world: clusterWorld([], { forbidden: [path] }) })
  expect(told).toMatch(/^what a drain of a node may take is not known: /)
})

test('doctor names what is missing with its remedy, and is content where nothing is', async () => {
  const route: DrillObject = {
    kind: 'HTTPRoute',
    metadata: { name: 'web', namespace: NAMESPACE },
    spec: { rules: [{ backendRefs: [{ name: 'web' }] }] },
  }
  const apis = [
    'apps/v1',
    'batch/v1',
    'coordination.k8s.io/v1',
    'autoscaling/v2',
    'gateway.networking.k8s.io/v1',
  ]
  const texts = {
    ...clusterWorld().texts,
    ...Object.fromEntries(
      apis.map((api) => [`/apis/${api}`, JSON.stringify({ resources: [{ name: 'httproutes' }] })]),
    ),
  }
  const bad = (overrides: object) =>
    onCluster({ world: { ...clusterWorld(), objects: [route], texts, ...overrides } }, async (workspace) =>
      (await examine({ ...workspace, service: { ...workspace.service, checks: {} } }, 'production', true))
        .filter(({ ok }) => !ok)
        .map(({ what, remedy }) => `${what} → ${remedy}`),
    )
  expect(await bad({})).toEqual([])
  expect(await bad({ objects: [] })).toEqual(['HTTPRoute web → create it, or correct target.routes'])
  expect(await bad({ forbidden: ['patch httproutes'] })).toEqual([
    `may get, list, watch, patch httproutes.gateway.networking.k8s.io → kubectl apply -n ${NAMESPACE} -f deploy/gonogo/role.yaml`,
  ])
  const { [`/apis/${apis.at(-1)}`]: _gone, ...fewer } = texts
  expect((await bad({ texts: fewer }))[0]).toMatch(
    /^API gateway.networking.k8s.io\/v1 → install the Gateway API/,
  )
  expect((await bad({ texts: fewer, forbidden: [`/apis/${apis.at(-1)}`] }))[0]).toMatch(
    /^API gateway.networking.k8s.io\/v1 → see that the API answers/,
  )
})
