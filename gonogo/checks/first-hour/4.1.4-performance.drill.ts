import { measuringDrill } from '../live/measuring-drill.ts'
import { canary } from '../live/traffic-drill.ts'

export const drill = measuringDrill('4.1.4', canary, ['errors', 'latency'])
