import { type CheckContext, type CheckResult, defineCheck } from '../check.ts'
import { type RateLimit, rateLimitSchema, tryRateLimit } from '../live/rate-limit.ts'

export const check = defineCheck<RateLimit>({
  id: 'A.1.1',
  title: 'API rate limits configured',
  config: rateLimitSchema,
  limitMs: 120_000,
  run: (ctx: CheckContext, config): Promise<CheckResult> => tryRateLimit(ctx, ctx.environment, config),
})
