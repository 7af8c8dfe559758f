import { measuringDrill } from '../live/measuring-drill.ts'
import { stable } from '../live/traffic-drill.ts'

export const drill = measuringDrill('R5', stable, ['errors', 'latency'])
