import { z } from 'zod'
import { ledgerFields, workloadSchema } from '#targets/call.ts'

/** One process as the state file keeps it; `pid` and `identity` are null before the first start. */
const processRecordSchema = z.strictObject({
  id: z.string(),
  component: z.string(),
  port: z.number(),
  pid: z.number().nullable(),
  identity: z.string().nullable(),
  startedAtMs: z.number(),
  restarts: z.number(),
  logFile: z.string(),
})

const stackRecordSchema = z.strictObject({
  id: z.string(),
  /** Being drained; a supervisor that finds it ends it. */
  ending: z.boolean(),
  processes: z.array(processRecordSchema),
})

/** How a version's processes are started; kept with the version, so that it is restarted as it was deployed. */
const blueprintSchema = z.strictObject({
  root: z.string(),
  components: z.record(
    z.string(),
    z.strictObject({
      command: z.array(z.string()),
      cwd: z.string().optional(),
      env: z.record(z.string(), z.string()),
      ready: z.string().optional(),
      health: z.string().optional(),
      public: z.boolean(),
    }),
  ),
  drainMs: z.number(),
  readyTimeoutMs: z.number(),
})

const versionRecordSchema = z.strictObject({
  workload: workloadSchema,
  blueprint: blueprintSchema,
  /** Stacks that are to run. */
  desired: z.number(),
  stacks: z.array(stackRecordSchema),
})

export const savedStateSchema = z.strictObject({
  format: z.literal(1),
  /** The public port, so that a port taken as 0 stays. */
  port: z.number().nullable(),
  securePort: z.number().nullable().default(null),
  stable: z.string().nullable(),
  stableWorkload: workloadSchema.nullable(),
  weights: z.record(z.string(), z.number()),
  versions: z.record(z.string(), versionRecordSchema),
  /** Versions that were ended, newest last, for a revert to one of them. */
  archive: z.array(z.strictObject({ workload: workloadSchema, blueprint: blueprintSchema })),
  ...ledgerFields,
})

export type ProcessRecord = z.infer<typeof processRecordSchema>
export type StackRecord = z.infer<typeof stackRecordSchema>
export type Blueprint = z.infer<typeof blueprintSchema>
export type VersionRecord = z.infer<typeof versionRecordSchema>
export type SavedState = z.infer<typeof savedStateSchema>

export const emptyState = (): SavedState => ({
  format: 1,
  port: null,
  securePort: null,
  stable: null,
  stableWorkload: null,
  weights: {},
  versions: {},
  archive: [],
  calls: [],
  seq: 0,
  touched: {},
})
