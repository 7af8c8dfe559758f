import { drill as podsDrill } from './3.3.4.1-pods.drill.ts'
import { check as pods } from './3.3.4.1-pods.ts'
import { drill as errorSpikesDrill } from './3.3.4.2-error-spikes.drill.ts'
import { check as errorSpikes } from './3.3.4.2-error-spikes.ts'
import { drill as latencyDrill } from './3.3.4.3-latency.drill.ts'
import { check as latency } from './3.3.4.3-latency.ts'
import { drill as resourcesDrill } from './3.3.4.4-resources.drill.ts'
import { check as resources } from './3.3.4.4-resources.ts'
import { drill as databaseDrill } from './3.3.4.5-database.drill.ts'
import { check as database } from './3.3.4.5-database.ts'
import { drill as journeysDrill } from './3.3.4.7-journeys.drill.ts'
import { check as journeys } from './3.3.4.7-journeys.ts'
export const checks = [resources, database, journeys, pods, errorSpikes, latency] as const
export const drills = [
  resourcesDrill,
  databaseDrill,
  journeysDrill,
  podsDrill,
  errorSpikesDrill,
  latencyDrill,
] as const
