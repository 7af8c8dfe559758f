import { drill as podsDrill } from './3.3.4.1-pods.drill.ts'
import { check as pods } from './3.3.4.1-pods.ts'
import { drill as errorSpikesDrill } from './3.3.4.2-error-spikes.drill.ts'
import { check as errorSpikes } from './3.3.4.2-error-spikes.ts'
import { drill as latencyDrill } from './3.3.4.3-latency.drill.ts'
import { check as latency } from './3.3.4.3-latency.ts'
export const checks = [pods, errorSpikes, latency] as const
export const drills = [podsDrill, errorSpikesDrill, latencyDrill] as const
