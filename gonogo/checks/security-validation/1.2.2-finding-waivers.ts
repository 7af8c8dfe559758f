import { z } from 'zod'
import type { CheckContext } from '#checks/check.ts'
import { formatDuration } from '#core/duration.ts'

/** A risk exception for one finding; it covers nothing else, and not for ever. */
export const findingWaiverSchema = z.strictObject({
  /** The finding's key, or one of its ids together with the package or file: `GHSA-…:left-pad`. */
  finding: z.string().min(3),
  reason: z.string().min(10),
  /** A person of the roster who speaks for security. */
  approver: z.string(),
  expires: z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
})

export type FindingWaiver = z.infer<typeof findingWaiverSchema>

/** Why a waiver does not hold now; null when it does. */
export function whyNotValid(ctx: CheckContext, waiver: FindingWaiver): string | null {
  const person = ctx.service.people[waiver.approver]
  const leftMs = waiver.expires - ctx.now()
  const maxAgeMs = ctx.service.policy.waivers.maxAge
  if (leftMs <= 0) return 'has expired'
  if (leftMs > maxAgeMs) return `runs longer than ${formatDuration(maxAgeMs)}`
  if (!person) return `is approved by ${waiver.approver}, who is not in the roster`
  if (person.bot) return 'is approved by a bot'
  if (ctx.release.authors.includes(waiver.approver)) return 'is approved by an author of the change'
  const speaks = [...person.roles, ...person.backupFor].includes('security-lead')
  return speaks ? null : `is approved by ${person.name}, who is not the security lead`
}
