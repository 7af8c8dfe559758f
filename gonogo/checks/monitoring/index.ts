import { drill as baselineDrill } from './2.4.1-baseline.drill.ts'
import { check as baseline } from './2.4.1-baseline.ts'
import { drill as loggingLevelDrill } from './2.4.3-logging-level.drill.ts'
import { check as loggingLevel } from './2.4.3-logging-level.ts'
export const checks = [baseline, loggingLevel] as const
export const drills = [baselineDrill, loggingLevelDrill] as const
