import { describeTargetContract } from '../contract.ts'
import { makeProcessesWorld } from './test-world.ts'

describeTargetContract('the processes target', (options) => makeProcessesWorld(options))
