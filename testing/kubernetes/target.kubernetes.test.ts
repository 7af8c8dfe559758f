import { beforeAll } from 'vitest'
import { describeTargetContract } from '../../gonogo/targets/contract.ts'
import { makeKubernetesWorld } from './contract-world.ts'
import { testImage } from './test-image.ts'

let digest = ''
beforeAll(async () => {
  digest = await testImage()
}, 1_800_000)

describeTargetContract('kubernetes', (options) => makeKubernetesWorld(digest, options))
