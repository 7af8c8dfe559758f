import { z } from 'zod'
import { ledgerFields, workloadSchema } from '../call.ts'

/** What a ConfigMap beside the route keeps: what was declared, and by which calls. */
export const savedStateSchema = z.strictObject({
  format: z.literal(1),
  stable: z.string().nullable(),
  stableWorkload: workloadSchema.nullable(),
  weights: z.record(z.string(), z.number()),
  /** `desired`: pods of each component that are to run. */
  versions: z.record(z.string(), z.strictObject({ workload: workloadSchema, desired: z.number() })),
  /** Versions that were ended, newest last, for a revert to one of them. */
  archive: z.array(workloadSchema),
  ...ledgerFields,
})

export type SavedState = z.infer<typeof savedStateSchema>

export const emptyState = (): SavedState => ({
  format: 1,
  stable: null,
  stableWorkload: null,
  weights: {},
  versions: {},
  archive: [],
  calls: [],
  seq: 0,
  touched: {},
})
