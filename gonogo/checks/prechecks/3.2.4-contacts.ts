import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck } from '../check.ts'
import { check as escalation } from '../team/2.3.5-escalation.ts'

export const check = defineCheck({
  id: '3.2.4',
  title: 'Emergency contact list accessible',
  config: z.strictObject({}),
  bound: () => true,
  limitMs: 5000,
  run,
})

/** 2.3.5 still holds, and the list is kept with the evidence, so that it is at hand when everything else is down. */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const result = await escalation.run(ctx, {})
  const list = await ctx.keep(
    'emergency-contacts.json',
    'application/json',
    JSON.stringify(result.claim, null, 2),
  )
  return { ...result, summary: `${result.summary}; the list is kept with the evidence`, evidence: [list] }
}
