import { drill as capacityDrill } from './1.3.2-capacity.drill.ts'
import { check as capacity } from './1.3.2-capacity.ts'
export const checks = [capacity] as const
export const drills = [capacityDrill] as const
