import { drill as rateLimitsDrill } from './A.1.1-rate-limits.drill.ts'
import { check as rateLimits } from './A.1.1-rate-limits.ts'
import { drill as authenticationDrill } from './A.1.2-authentication.drill.ts'
import { check as authentication } from './A.1.2-authentication.ts'
import { drill as corsDrill } from './A.1.3-cors.drill.ts'
import { check as cors } from './A.1.3-cors.ts'
import { drill as requestLogDrill } from './A.1.4-request-log.drill.ts'
import { check as requestLog } from './A.1.4-request-log.ts'

export const checks = [rateLimits, authentication, cors, requestLog] as const
export const drills = [rateLimitsDrill, authenticationDrill, corsDrill, requestLogDrill] as const
