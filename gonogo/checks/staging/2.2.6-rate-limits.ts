import { type CheckContext, type CheckResult, defineCheck } from '../check.ts'
import { stagingOf } from '../live/instances.ts'
import { type RateLimit, rateLimitSchema, tryRateLimit } from '../live/rate-limit.ts'

export const check = defineCheck<RateLimit>({
  id: '2.2.6',
  title: 'Rate limits verified',
  config: rateLimitSchema,
  limitMs: 120_000,
  run: (ctx: CheckContext, config): Promise<CheckResult> => tryRateLimit(ctx, stagingOf(ctx), config),
})
