import { drill as performanceComparisonDrill } from './4.1.4-performance.drill.ts'
import { check as performanceComparison } from './4.1.4-performance.ts'
export const checks = [performanceComparison] as const
export const drills = [performanceComparisonDrill] as const
