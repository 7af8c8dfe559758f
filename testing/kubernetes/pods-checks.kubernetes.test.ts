import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Check, CheckContext, Timeline } from '../../gonogo/checks/check.ts'
import {
  drillEnvironment,
  drillRelease,
  drillService,
  drillStable,
} from '../../gonogo/checks/drill-situation.ts'
import { CHECKS } from '../../gonogo/checks/registry.ts'
import { tryCheck } from '../../gonogo/checks/try-drill.ts'
import type { Json } from '../../gonogo/core/json.ts'
import { environmentAccess } from '../../gonogo/engine/environment-access.ts'
import type { Instance, Target } from '../../gonogo/targets/target.ts'
import { kubectl } from './commands.ts'
import { type KubernetesWorld, makeKubernetesWorld } from './contract-world.ts'
import { IMAGE, testImage } from './test-image.ts'

const [OLD, NEW] = ['1.0.0', '1.1.0']
const NOTICED_MS = 20_000

let world: KubernetesWorld
let folder: string
const timeline = { candidateDeployedAtMs: 0, watchEndsAtMs: null }
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gonogo-pods-'))
  world = await makeKubernetesWorld(testImage(), { readyTimeoutMs: 60_000 })
  const { target } = world
  await must(target.deploy(await world.workload(OLD), 'deploy-old'))
  await must(target.setWeights({ [OLD]: 100 }, 'weights-old'))
  await must(target.promote(OLD, 'promote-old'))
  timeline.candidateDeployedAtMs = Date.now()
  await must(target.deploy(await world.workload(NEW), 'deploy-new'))
}, 120_000)
afterAll(async () => {
  await world.end()
  await rm(folder, { recursive: true })
})

async function must(outcome: Promise<{ ok: boolean; detail: string }>): Promise<void> {
  expect(await outcome).toMatchObject({ ok: true })
}

/** `verdict: summary` of a check, run on what stands in the cluster now. */
async function tried(item: string, config: Json = {}, overrides: Partial<CheckContext> = {}) {
  const service = drillService({
    environments: { production: { target: world.config } },
    staging: 'production',
  })
  const parts = {
    root: world.root,
    service,
    targets: new Map<string, Target>([['production', world.target as Target]]),
  }
  const environment = environmentAccess(parts, { candidate: NEW, stable: OLD }, 'production', '')
  const result = await tryCheck(
    CHECKS.get(item) as unknown as Check<never>,
    config,
    { folder },
    {
      root: world.root,
      service,
      environment,
      environmentNamed: () => environment,
      release: drillRelease({ version: NEW, artifact: IMAGE, digest: testImage() }),
      stable: drillStable({ version: OLD, digest: testImage() }),
      timeline: timeline as Timeline,
      now: () => Date.now(),
      ...overrides,
    },
  )
  return `${result.verdict}: ${result.summary}`
}

const within = (...args: string[]) => kubectl(['-n', world.namespace, ...args])
const podsOf = async (version: string): Promise<Instance[]> => {
  const { instances } = await world.target.observe()
  return instances.filter((one) => one.version === version)
}
const ask = async (version: string, path: string) => {
  const [pod] = await podsOf(version)
  return (await fetch(`${pod?.url}${path}`)).status
}

describe('1.3.8: a copy of a pod that cannot serve gets no traffic', () => {
  const unready = { BEHAVIOUR: 'never' }

  const within3s = (unready: Record<string, string>) => tried('1.3.8', { within: 3, unready })

  test('as its probes and its Service are', async () => {
    expect(await within3s(unready)).toMatch(/^pass: .* got no traffic, and one that can did$/)
  })

  test('which is not shown by settings with which it serves, ends, or cannot be asked', async () => {
    expect(await within3s({ VERSION: 'x' })).toMatch(/^fail: a copy of web-\S+ with VERSION set so is ready/)
    expect(await within3s({ BEHAVIOUR: 'crash' })).toMatch(
      /^unknown: a copy of web-\S+ with BEHAVIOUR set so does not run/,
    )
    expect(await within3s({ HOST: '127.0.0.1' })).toMatch(
      /^unknown: a copy of web-\S+ with HOST set so cannot be asked: .*: nothing listens there/,
    )
  })

  test('unless the Service leads to every pod', async () => {
    const patch = (is: boolean) =>
      within('patch', 'service', 'web', '-p', JSON.stringify({ spec: { publishNotReadyAddresses: is } }))
    await patch(true)
    try {
      expect(await within3s(unready)).toMatch(/^fail: .* is not ready, and gets traffic: .*publishNotReady/)
    } finally {
      await patch(false)
    }
  })

  afterEach(async () => {
    const left = await within('get', 'pods,services', '-l', 'gonogo.dev/probe', '-o', 'name')
    expect(left).toBe('')
  })
})

test('3.3.1.4: both probes of each new pod name the new version, and those of an old one do not', async () => {
  expect(await tried('3.3.1.4')).toMatch(/^pass/)
  const old = (await podsOf(OLD)).map((one) => ({ ...one, version: NEW }))
  expect(
    await tried('3.3.1.4', {}, { environment: drillEnvironment({ candidates: async () => old }) }),
  ).toMatch(/^fail: /)
})

test('3.3.1.3 and 4.1.2: an error in the log of a new pod, of a kind that the old ones had not', async () => {
  expect(await tried('3.3.1.3')).toMatch(/^pass: no line of level error among 2 since the start/)
  expect(await tried('4.1.2')).toMatch(/^pass: 0 errors in 2 lines/)
  expect(await ask(NEW, '/stumble')).toBe(200)
  const failed = await tried('3.3.1.3')
  expect(failed).toMatch(/^fail: 1 lines of level error or above, the first by web-canary-\S+: stumbled/)
  expect(await tried('4.1.2')).toBe('fail: 1 kinds of errors that the old version had not: stumbled')
})

test('3.3.1.2: a pod that is ready, but was started twice', async () => {
  expect(await tried('3.3.1.2')).toBe('pass: 2 of 2 instances ready, no restart')
  // It ends before it answers.
  await expect(ask(NEW, '/exit')).rejects.toThrow('fetch failed')
  await expect
    .poll(async () => (await podsOf(NEW)).map(({ ready, restarts }) => `${ready} ${restarts}`).sort(), {
      timeout: NOTICED_MS,
    })
    .toEqual(['true 0', 'true 1'])
  expect(await tried('3.3.1.2')).toMatch(/^fail: web-canary-\S+ was restarted 1 times/)
})

describe('once the new version is the stable one', () => {
  beforeAll(async () => {
    const { target } = world
    await must(target.setWeights({ [NEW]: 100 }, 'weights-new'))
    await must(target.promote(NEW, 'promote-new'))
  }, 120_000)

  test('3.3.4.1: a pod that was taken away is missing until another is in its place', async () => {
    expect(await tried('3.3.4.1')).toMatch(/^pass: 2 of 2 instances available in 1 components/)
    const [pod] = await podsOf(NEW)
    await within('delete', 'pod', pod?.id ?? '', '--wait=false')
    await expect
      .poll(() => tried('3.3.4.1'), { interval: 100, timeout: NOTICED_MS })
      .toMatch(/^fail: web: 1 of 2/)
    await expect.poll(() => tried('3.3.4.1'), { interval: 200, timeout: NOTICED_MS }).toMatch(/^pass/)
  })

  test('4.4.1: the old version is not gone while its pods, of the same image, are there', async () => {
    const over = { timeline: { ...timeline, watchEndsAtMs: Date.now() - 1 } as Timeline }
    expect(await tried('4.4.1', {}, over)).toBe(
      `fail: 2 instances of ${OLD} still run, ${(await podsOf(OLD))[0]?.id} among them`,
    )
    await must(world.target.cleanup([NEW], 'cleanup'))
    expect(await tried('4.4.1', {}, over)).toMatch(new RegExp(`^pass: ${OLD} is gone; 2 instances of ${NEW}`))
    const early = { timeline: { ...timeline, watchEndsAtMs: Date.now() + 60_000 } as Timeline }
    expect(await tried('4.4.1', {}, early)).toMatch(
      new RegExp(`^fail: ${OLD} is gone, .* before the watch ends`),
    )
  }, 120_000)
})
