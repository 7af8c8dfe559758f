import { shortRateLimitDrill } from '../live/rate-limit-drill.ts'

export const drill = shortRateLimitDrill('2.2.6')
