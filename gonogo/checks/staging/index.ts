import { drill as rateLimitsDrill } from './2.2.6-rate-limits.drill.ts'
import { check as rateLimits } from './2.2.6-rate-limits.ts'

export const checks = [rateLimits] as const
export const drills = [rateLimitsDrill] as const
