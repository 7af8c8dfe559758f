import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { textSource } from '../../gonogo/connectors/prometheus-text/index.ts'
import {
  type MetricsSettings,
  metricsSettingsSchema,
  type TextSettings,
} from '../../gonogo/core/metrics-settings.ts'
import type { Scrape } from '../../gonogo/core/sample.ts'
import { until } from '../../gonogo/targets/contract/load.ts'
import { withStable } from '../../gonogo/targets/contract/world.ts'
import type { OpenTarget } from '../../gonogo/targets/kind-of-target.ts'
import { openTarget } from '../../gonogo/targets/open-target.ts'
import { kubectl } from './commands.ts'
import { type KubernetesWorld, makeKubernetesWorld } from './contract-world.ts'
import { testImage } from './test-image.ts'

let world: KubernetesWorld
let folder = ''
const opened: OpenTarget[] = []
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gonogo-pods-'))
  world = await makeKubernetesWorld(testImage(), { readyTimeoutMs: 30_000 })
  await withStable(world, '1.0.0')
}, 120_000)
afterAll(async () => {
  for (const target of opened) await target.close?.()
  await world?.end()
  await rm(folder, { recursive: true, force: true })
}, 120_000)

const settings = (via?: TextSettings['via']): MetricsSettings =>
  metricsSettingsSchema.parse({ source: 'instances', via })

/** The same environment with its counters read another way, or by somebody else. */
async function openBy(metrics: MetricsSettings, kubeconfig = world.config.kubeconfig): Promise<OpenTarget> {
  const target = { ...world.config, kubeconfig }
  const open = await openTarget('test', { target, metrics }, folder, world.root)
  opened.push(open)
  return open
}

const countsIn = ({ instances }: Scrape) =>
  Object.fromEntries(instances.map((one) => [one.instance, [one.version, one.requests, one.errors]]))

test('pods tell the same by their addresses and through the API server, which is the way from outside', async () => {
  const { instances } = await world.target.observe()
  expect(instances).toHaveLength(2)
  const asked = Object.fromEntries(instances.map(({ id }, index) => [id, 3 + index]))
  for (const { id, url } of instances)
    for (let n = 0; n < (asked[id] ?? 0); n++) expect((await fetch(`${url}/work`)).status).toBe(200)
  const [direct, relayed, unsaid] = await Promise.all(
    (['address', 'api-server', undefined] as const).map(async (via) =>
      (await openBy(settings(via))).metrics.sample(),
    ),
  )
  for (const scrape of [direct, relayed, unsaid]) {
    expect(scrape?.complete).toBe(true)
    expect(countsIn(scrape as Scrape)).toEqual(
      Object.fromEntries(Object.entries(asked).map(([id, count]) => [id, ['1.0.0', count, 0]])),
    )
    for (const one of scrape?.instances ?? []) expect(one.buckets.at(-1)?.count).toBe(one.requests)
  }
  expect((await openBy(settings())).relay?.isNeeded).toBe(true)
}, 40_000)

test('a pod that goes away is missing, not zero, and the one in its place begins anew', async () => {
  const target = await openBy(settings())
  const before = await world.target.observe()
  const [gone, kept] = before.instances
  if (!gone || !kept || !target.relay) throw new Error('not two pods')
  const { relay } = target
  const stale = textSource(
    settings() as TextSettings,
    async () =>
      [gone, kept].map((one) => ({ version: '1.0.0', instance: one.id, url: relay.addressOf(one) })),
    relay.reach,
  )
  expect((await stale.sample()).complete).toBe(true)
  await kubectl(['delete', 'pod', gone.id, '-n', world.namespace, '--grace-period=0', '--force'])
  const late = await stale.sample()
  expect([late.complete, Object.keys(countsIn(late))]).toEqual([false, [kept.id]])
  await until('another pod is in its place', async () => {
    const { complete, instances } = await target.metrics.sample()
    const fresh = instances.find(({ instance }) => instance !== kept.id)
    return complete && instances.length === 2 && fresh?.instance !== gone.id && fresh?.requests === 0
  })
}, 40_000)

test('without the permission nothing is told, and the error names what is missing', async () => {
  const within = (args: readonly string[], input?: string) => kubectl(['-n', world.namespace, ...args], input)
  const grant = (file: string) =>
    within(
      ['apply', '--server-side', '-f', '-'],
      readFileSync(new URL(`../../deploy/gonogo/${file}`, import.meta.url), 'utf8'),
    )
  await grant('role.yaml')
  const token = (await within(['create', 'token', 'gonogo'])).trim()
  const admin = JSON.parse(await within(['config', 'view', '--raw', '--minify', '--flatten', '-o', 'json']))
  const file = join(folder, 'gonogo.kubeconfig')
  await writeFile(file, JSON.stringify({ ...admin, users: [{ name: admin.users[0].name, user: { token } }] }))
  const target = await openBy(settings(), file)
  await expect(target.metrics.sample()).rejects.toThrow(
    /answered 403: .*system:serviceaccount:.*:gonogo.* cannot get resource "pods\/proxy"/,
  )
  await grant('pod-metrics.yaml')
  await until('it may', async () =>
    target.metrics.sample().then(
      ({ complete, instances }) => complete && instances.length === 2,
      () => false,
    ),
  )
}, 40_000)
