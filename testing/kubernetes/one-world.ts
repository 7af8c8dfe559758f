import { expect } from 'vitest'
import { askTimes } from '../../gonogo/targets/contract/load.ts'
import { type Components, type KubernetesWorld, makeKubernetesWorld } from './contract-world.ts'

/** Long enough for a machine that has other things to do. */
const PATIENT = { readyTimeoutMs: 30_000 }
/** From the moment the API knows to the word of it; the rest is a busy machine's. */
export const NOTICED_WITHIN_MS = 2000

/** One test in a world of its own, with 1.0.0 the version that is stable where any is. */
export async function inOneWorld(
  digest: string,
  body: (world: KubernetesWorld) => Promise<void>,
  components?: Components,
  more?: object,
): Promise<void> {
  const world = await makeKubernetesWorld(digest, PATIENT, components, more)
  try {
    await body(world)
  } finally {
    await world.end()
  }
}

/** The stable version serves as if nothing had been tried. */
export async function expectUntouched({ target }: KubernetesWorld): Promise<void> {
  const state = await target.observe()
  expect(state).toMatchObject({ stable: '1.0.0', weights: { '1.0.0': 100 } })
  expect(state.instances.map(({ version, ready }) => [version, ready])).toEqual([
    ['1.0.0', true],
    ['1.0.0', true],
  ])
  expect((await askTimes(state.url, 20)).byVersion).toEqual({ '1.0.0': 20 })
}
