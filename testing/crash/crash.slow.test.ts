import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLoad } from '../../gonogo/targets/contract/load.ts'
import { makeWorld, type World } from './world.ts'

const CHECKLIST = fileURLToPath(new URL('./small-checklist.yaml', import.meta.url))

const MOST = 200
const FEW = 3

let world: World
beforeAll(async () => {
  world = await makeWorld(CHECKLIST)
}, 60_000)
afterAll(() => world.close())

/** What a deployment did, without the version in it. */
const effectsOf = (id: string): string[] =>
  Object.values(world.stateOf(id).effects).map(
    ({ key, settled }) => `${key.replace(/\d+\.\d+\.0/g, 'V')} ${settled?.ok}`,
  )

test('killed at every boundary and started again, a canary ends as it would have, and no request is lost', async () => {
  const { target } = world
  const load = startLoad((await target.observe()).url)
  await world.writeRelease('1.1.0')
  const whole = await world.run('1.1.0')
  expect(whole.status).toBe('success')
  expect(whole.boundaries).toBeGreaterThan(20)
  const expected = effectsOf(whole.id)
  // Until one runs through: how often numbers are recorded differs by a record or two from run to run.
  let met = 0
  let isThrough = false
  while (!isThrough && met < MOST) {
    const version = `1.${met + 2}.0`
    const at = `killed at ${met + 1} (${whole.names[met] ?? 'beyond the first run'})`
    await world.writeRelease(version)
    const killed = await world.run(version, met + 1)
    isThrough = !killed.killed
    if (!isThrough) met++
    const resumed = isThrough ? killed : await world.run(version)
    expect(resumed.status, at).toBe('success')
    expect(effectsOf(resumed.id), at).toEqual(expected)
    const { stable, weights, instances } = await target.observe()
    expect(stable, at).toBe(version)
    expect(weights[version], at).toBe(100)
    expect(
      instances.map((i) => i.version),
      at,
    ).toEqual([version, version])
  }
  expect(Math.abs(met - whole.boundaries)).toBeLessThanOrEqual(FEW)
  const seen = await load.stop()
  expect(seen.failed).toEqual([])
}, 600_000)

test('killed at every boundary of its way back, a rollback ends as it would have, and the old version’s users notice nothing', async () => {
  const { target } = world
  const before = (await target.observe()).stable ?? ''
  const bad = { config: { errors: '0.5', behaviour: 'good' } }
  const load = startLoad((await target.observe()).url)
  await world.writeRelease('5.0.0', bad)
  const whole = await world.run('5.0.0')
  expect(whole.status).toBe('rolled-back')
  const expected = whole.id ? effectsOf(whole.id) : []
  const decided = whole.names.findIndex((name) => name.includes('rollbackDecided'))
  expect(decided, whole.names.join(' ')).toBeGreaterThan(0)
  for (let killAt = decided; killAt <= whole.boundaries; killAt++) {
    const version = `5.${killAt}.0`
    const at = `killed at ${killAt} (${whole.names[killAt - 1]})`
    await world.writeRelease(version, bad)
    const killed = await world.run(version, killAt)
    const ended = killed.killed ? await world.run(version) : killed
    expect(ended.status, at).toBe('rolled-back')
    expect(effectsOf(ended.id), at).toEqual(expected)
    const { stable, weights, instances } = await target.observe()
    expect([stable, weights[before], weights[version] ?? 0], at).toEqual([before, 100, 0])
    expect(
      instances.map((i) => i.version),
      at,
    ).toEqual([before, before])
  }
  const seen = await load.stop()
  expect(seen.failed.filter((one) => !/"version":"5\./.test(one))).toEqual([])
}, 600_000)
