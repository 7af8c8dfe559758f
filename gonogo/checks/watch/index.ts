import { drill as errorTrendDrill } from './4.2.1-error-trend.drill.ts'
import { check as errorTrend } from './4.2.1-error-trend.ts'
import { drill as resourceTrendDrill } from './4.2.2-resource-trend.drill.ts'
import { check as resourceTrend } from './4.2.2-resource-trend.ts'
export const checks = [errorTrend, resourceTrend] as const
export const drills = [errorTrendDrill, resourceTrendDrill] as const
