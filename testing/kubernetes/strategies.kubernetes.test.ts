import { describeStrategies } from '../end-to-end/strategies.ts'
import { makeKubernetesPlace } from './deployment-world.ts'

describeStrategies('kubernetes', makeKubernetesPlace)
