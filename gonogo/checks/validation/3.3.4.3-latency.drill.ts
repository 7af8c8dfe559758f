import { measuringDrill } from '../live/measuring-drill.ts'
import { canary } from '../live/traffic-drill.ts'

export const drill = measuringDrill('3.3.4.3', canary, ['latency'])
