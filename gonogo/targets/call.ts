import { z } from 'zod'

export const workloadSchema = z.strictObject({
  version: z.string().min(1),
  artifact: z.string().min(1),
  digest: z.string().min(1),
  replicas: z.number().int().min(0).max(100),
  config: z.record(z.string(), z.string()),
})

export const outcomeSchema = z.discriminatedUnion('ok', [
  z.strictObject({ ok: z.literal(true), detail: z.string() }),
  z.strictObject({ ok: z.literal(false), code: z.string(), detail: z.string() }),
])

const key = z.string().min(1).max(500)
const version = z.string().min(1)
const weightsSchema = z.record(version, z.number().min(0).max(100))

/** Every call that changes something; the first field is the method of `Target`. */
export const callSchema = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('deploy'), workload: workloadSchema, key }),
  z.strictObject({ method: z.literal('scale'), version, replicas: z.number().int().min(0).max(100), key }),
  z.strictObject({ method: z.literal('setWeights'), weights: weightsSchema, key }),
  z.strictObject({ method: z.literal('promote'), version, key }),
  z.strictObject({ method: z.literal('revert'), version, drop: version, key }),
  z.strictObject({ method: z.literal('cleanup'), keep: z.array(version), key }),
])
export type Call = z.infer<typeof callSchema>

const callRecordSchema = z.strictObject({
  key: z.string(),
  seq: z.number(),
  /** Digest of method and arguments: a key belongs to one call. */
  request: z.string(),
  outcome: outcomeSchema.nullable(),
})
export type CallRecord = z.infer<typeof callRecordSchema>

/** What was called, as a target keeps it with its state. */
export const ledgerFields = {
  /** The last calls, oldest first. */
  calls: z.array(callRecordSchema),
  seq: z.number(),
  /** What a call changed last: `weights`, `stable`, `versions` or `version:V` → seq of that call. */
  touched: z.record(z.string(), z.number()),
}
