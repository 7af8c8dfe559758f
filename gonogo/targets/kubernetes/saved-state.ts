import { z } from 'zod'
import { ledgerFields, workloadSchema } from '../call.ts'
import { slotSchema } from './slots.ts'

const objectSchema = z.looseObject({
  kind: z.string(),
  metadata: z.looseObject({ name: z.string() }),
})

/**
 * A component's objects as its manifest had them when the version was deployed, with templates; or as they were found in
 * the cluster, which have none.
 */
const manifestSchema = z.strictObject({
  component: z.string(),
  objects: z.array(objectSchema),
  isFound: z.boolean().default(false),
})

const versionSchema = z.strictObject({
  workload: workloadSchema,
  manifests: z.array(manifestSchema),
  /** Pods of each component that are to run. */
  desired: z.number(),
  slot: slotSchema,
})

const bucketSchema = z.strictObject({ leMs: z.number().nullable(), count: z.number() })
/** What the router had counted for a Service when a version took it over. JSON has no infinity: that bound is null. */
const baseSchema = z.strictObject({
  requests: z.number(),
  errors: z.number(),
  buckets: z.array(bucketSchema),
})

const writtenSchema = z.strictObject({
  uid: z.string(),
  generation: z.number(),
  replicas: z.number(),
  /** Digest of the rest of the spec. */
  rest: z.string(),
})

/** What a ConfigMap in the namespace keeps: what was declared, and by which calls. */
export const savedStateSchema = z.strictObject({
  format: z.literal(1),
  stable: z.string().nullable(),
  stableWorkload: workloadSchema.nullable(),
  weights: z.record(z.string(), z.number()),
  versions: z.record(z.string(), versionSchema),
  /** Versions that were ended, newest last, for a revert to one of them. */
  archive: z.array(versionSchema.omit({ desired: true, slot: true })),
  bases: z.record(z.string(), baseSchema),
  /** Slots whose Service changed hands while what it had counted could not be read yet, with when (epoch ms). */
  unbased: z.partialRecord(slotSchema, z.number()).default({}),
  /** When the router's process began whose counters the bases are (epoch ms). */
  routerStartedMs: z.number().nullable().default(null),
  /** Each Deployment and StatefulSet as gonogo wrote it last, or saw it first in this deployment, by kind and name. */
  written: z
    .strictObject({ for: z.string().nullable(), workloads: z.record(z.string(), writtenSchema) })
    .default(() => ({ for: null, workloads: {} })),
  ...ledgerFields,
})

export type Manifest = z.infer<typeof manifestSchema>
export type ManifestObject = z.infer<typeof objectSchema>
export type VersionRecord = z.infer<typeof versionSchema>
export type Written = z.infer<typeof writtenSchema>
export type Base = z.infer<typeof baseSchema>
export type SavedState = z.infer<typeof savedStateSchema>

export const emptyState = (): SavedState => ({
  format: 1,
  stable: null,
  stableWorkload: null,
  weights: {},
  versions: {},
  archive: [],
  bases: {},
  unbased: {},
  routerStartedMs: null,
  written: { for: null, workloads: {} },
  calls: [],
  seq: 0,
  touched: {},
})
