import { z } from 'zod'
import { formatDuration } from '#core/duration.ts'
import { type CheckContext, type CheckResult, defineCheck, fail, pass } from '../check.ts'

export const check = defineCheck({
  id: '3.2.3',
  title: 'Deployment window confirmed',
  config: z.strictObject({}),
  bound: () => true,
  // It speaks of now: votes may take a night. The same answer voids none.
  maxAgeMs: 60_000,
  limitMs: 5000,
  run,
})

/** Now, and now with the expected duration, lie in the window and in no freeze. All are moments, so no time zone can mix them up. */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const { window } = ctx.release
  const { freezes, policy } = ctx.service
  const now = ctx.now()
  const end = now + policy.expectedDuration
  const frozen = freezes.find((freeze) => Date.parse(freeze.start) < end && Date.parse(freeze.end) > now)
  const said = `${local(window.start, window.timeZone)} to ${local(window.end, window.timeZone)} (${window.timeZone})`
  const rest = {
    claim: { start: window.start, end: window.end, freeze: frozen?.name ?? null },
    source: `releases/${ctx.release.version}.yaml and freezes in the service file`,
    population: `1 window, ${freezes.length} freezes`,
  }
  if (now < window.start)
    return fail(`the window begins in ${formatDuration(window.start - now)}: ${said}`, rest)
  if (now >= window.end) return fail(`the window has ended: ${said}`, rest)
  if (end > window.end)
    return fail(
      `${formatDuration(window.end - now)} of the window are left, the deployment may take ${formatDuration(policy.expectedDuration)}`,
      rest,
    )
  if (frozen)
    return fail(
      `the freeze ${frozen.name} lies within the next ${formatDuration(policy.expectedDuration)}`,
      rest,
    )
  return pass(
    `inside ${said}, with room for ${formatDuration(policy.expectedDuration)}, and outside ${freezes.length} freezes`,
    rest,
  )
}

const local = (ms: number, timeZone: string): string =>
  new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short', timeZone }).format(
    Math.min(ms, MAX_DATE_MS),
  )

/** The last moment that a date can have. */
const MAX_DATE_MS = 8.64e15
