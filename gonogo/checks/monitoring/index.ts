import { drill as baselineDrill } from './2.4.1-baseline.drill.ts'
import { check as baseline } from './2.4.1-baseline.ts'
export const checks = [baseline] as const
export const drills = [baselineDrill] as const
