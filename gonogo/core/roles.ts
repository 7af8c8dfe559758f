import { z } from 'zod'

/** Every role that the document names, by id. "Security engineer" and "security lead" are one role. */
export const ROLES = {
  'deployment-lead': 'Deployment lead',
  'engineering-lead': 'Engineering lead',
  'security-lead': 'Security lead',
  'sre-on-call': 'SRE on-call',
  'database-admin': 'Database admin',
  'engineering-manager': 'Engineering manager',
  ciso: 'CISO',
  'vp-engineering': 'VP Engineering',
} as const

export type Role = keyof typeof ROLES
export const roleSchema = z.enum(Object.keys(ROLES) as [Role, ...Role[]])

/** The three roles whose GO opens execution; one person holds at most one of them in a deployment. */
export const VOTING_ROLES = [
  'deployment-lead',
  'security-lead',
  'engineering-lead',
] as const satisfies readonly Role[]
