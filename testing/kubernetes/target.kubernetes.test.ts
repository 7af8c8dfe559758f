import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll } from 'vitest'
import { describeTargetContract } from '../../gonogo/targets/contract.ts'
import { down, up } from './cluster.ts'
import { makeKubernetesWorld } from './contract-world.ts'
import { importNodeImage } from './images.ts'

const SERVICE = fileURLToPath(new URL('../service', import.meta.url))

let digest = ''
beforeAll(async () => {
  await up(() => undefined)
  digest = await importNodeImage('gonogo.test/service:1', SERVICE, ['/app/main.ts'])
}, 1_800_000)
afterAll(() => (process.env.KEEP_CLUSTER ? undefined : down()), 120_000)

describeTargetContract('kubernetes', (options) => makeKubernetesWorld(digest, options))
