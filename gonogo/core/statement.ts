import { z } from 'zod'
import { roleSchema } from './roles.ts'

const common = {
  gonogo: z.literal(1),
  deployment: z.string(),
  /** Id in the roster. */
  person: z.string(),
  /** Epoch ms. */
  at: z.number().int(),
}

export const attestationSchema = z.strictObject({
  ...common,
  kind: z.literal('attestation'),
  item: z.string(),
  role: roleSchema,
  /** What the person saw, in their words. */
  text: z.string().min(3),
  value: z.string().optional(),
  link: z.string().optional(),
  /** Values for the document's blanks that this item fills, by the blank's key. */
  blanks: z.record(z.string(), z.string().min(1)).optional(),
})

export const waiverSchema = z.strictObject({
  ...common,
  kind: z.literal('waiver'),
  item: z.string(),
  role: roleSchema,
  reason: z.string().min(3),
  expiresAt: z.number().int(),
  /** Digest of the claim that is accepted: another finding is not covered. */
  claim: z.string(),
})

export const voteSchema = z.strictObject({
  ...common,
  kind: z.literal('vote'),
  gate: z.string(),
  role: roleSchema,
  vote: z.enum(['GO', 'NO-GO']),
  plan: z.string(),
  release: z.string(),
  evidenceRoot: z.string(),
  reason: z.string().optional(),
})

export const ACTIONS = [
  'pause',
  'resume',
  'abort',
  'rollback',
  'proceed',
  'confirm',
  'approve',
  'watch',
  'present',
  'authorise',
  'root-cause',
] as const

/** What people say of a rollback when it is over; the log takes it after its end. */
export const AFTERWARDS: readonly string[] = ['authorise', 'root-cause']

export const decisionSchema = z.strictObject({
  ...common,
  kind: z.literal('decision'),
  action: z.enum(ACTIONS),
  reason: z.string(),
  /** Number of the record that asked whether the watch is kept; what `present` answers. */
  prompt: z.number().int().optional(),
})

/** What people sign: the canonical JSON of one of these. */
export const statementSchema = z.discriminatedUnion('kind', [
  attestationSchema,
  waiverSchema,
  voteSchema,
  decisionSchema,
])

export type Attestation = z.infer<typeof attestationSchema>
export type Waiver = z.infer<typeof waiverSchema>
export type Vote = z.infer<typeof voteSchema>
export type Decision = z.infer<typeof decisionSchema>
export type Statement = z.infer<typeof statementSchema>
export type Action = (typeof ACTIONS)[number]

/** A statement with its SSH signature (armored) and the public key line that made it. */
export type Signed<S extends Statement = Statement> = {
  readonly statement: S
  readonly signature: string
  readonly key: string
  /** True when the key was made for a demo's cast. */
  readonly demo: boolean
}
