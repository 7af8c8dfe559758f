import { describeTargetContract } from '../../gonogo/targets/contract.ts'
import { makeKubernetesWorld } from './contract-world.ts'
import { testImage } from './test-image.ts'

const digest = testImage()

describeTargetContract('kubernetes', (options) => makeKubernetesWorld(digest, options))
