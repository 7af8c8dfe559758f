import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLoad, until } from '../../gonogo/targets/contract/load.ts'
import type { World } from '../crash/world.ts'
import { up } from './cluster.ts'
import { stopDaemon } from './daemons.ts'
import { makeKubernetesPlace } from './deployment-world.ts'

const CHECKLIST = fileURLToPath(new URL('../crash/small-checklist.yaml', import.meta.url))
const AWAY_MS = 30_000

let world: World
beforeAll(async () => {
  world = await makeKubernetesPlace(CHECKLIST)
}, 120_000)
afterAll(async () => {
  // A router whose API was away looks for changes later and later; what follows is not about that.
  await stopDaemon('traefik')
  await up(() => undefined)
  await world.close()
}, 120_000)

async function expectStable(version: string, at = ''): Promise<void> {
  const { stable, weights, instances } = await world.target.observe()
  expect({ stable, weights }, at).toEqual({ stable: version, weights: { [version]: 100 } })
  expect(
    instances.map((one) => one.version),
    at,
  ).toEqual([version, version])
}

test('killed at each step of a canary and started again, it ends as it would have, and no request is lost', async () => {
  const load = startLoad((await world.target.observe()).url)
  await world.writeRelease('1.1.0')
  const whole = await world.run('1.1.0')
  expect(whole.status).toBe('success')
  await expectStable('1.1.0')
  // Done and not recorded: what the log knows least of.
  const steps = whole.names.flatMap((name, index) => (name.startsWith('after effect ') ? [index + 1] : []))
  expect(steps.length).toBeGreaterThan(4)
  for (const killAt of steps) {
    const version = `1.${killAt + 1}.0`
    const at = `killed at ${killAt} (${whole.names[killAt - 1]})`
    await world.writeRelease(version)
    expect((await world.run(version, killAt)).killed, at).toBe(true)
    expect((await world.run(version)).status, at).toBe('success')
    await expectStable(version, at)
  }
  const seen = await load.stop()
  expect(seen.failed).toEqual([])
}, 900_000)

test('a deployment that another gonogo makes there is not worked against', async () => {
  const before = (await world.target.observe()).stable ?? ''
  await world.writeRelease('3.0.0')
  expect(await world.target.claim?.('d-other')).toMatchObject({ ok: true })
  await expect(world.run('3.0.0')).rejects.toThrow(/deployment d-other of another gonogo works on web/)
  await expectStable(before)
  await world.target.unclaim?.('d-other')
  // Without traffic nothing could be said of the new version.
  const load = startLoad((await world.target.observe()).url)
  const { status, id } = await world.run('3.0.0')
  await load.stop()
  expect(status, world.stateOf(id).rollback?.decided.event.reason).toBe('success')
  await expectStable('3.0.0')
}, 120_000)

// Last: after it, the cluster's own parts need minutes to find back; the router, which takes the last weights only then, among
// them: until then no pod goes, a minute at most for each change.
test('the API away for half a minute in the middle costs no request and no deployment', async () => {
  await world.writeRelease('2.0.0')
  const load = startLoad((await world.target.observe()).url)
  const running = world.run('2.0.0')
  await until('the canary has traffic', () => (load.seen.byVersion['2.0.0'] ?? 0) > 10)
  try {
    await stopDaemon('kube-apiserver')
    await wait(AWAY_MS)
  } finally {
    await up(() => undefined)
  }
  const { status, id } = await running
  expect(status, world.stateOf(id).rollback?.decided.event.reason).toBe('success')
  const seen = await load.stop()
  expect(seen.failed).toEqual([])
  await expectStable('2.0.0')
}, 300_000)
