import { z } from 'zod'
import { workloadSchema } from '../call.ts'
import type { Outcome, TargetState } from '../target.ts'
import { processesConfigSchema } from './config.ts'

/** Raised when supervisor and client could misunderstand each other. */
export const PROTOCOL = 1

/** What a supervisor is told when it starts, and again by each client that connects. */
export const settingsSchema = z.strictObject({
  name: z.string(),
  /** The environment's folder: socket, state, logs. */
  folder: z.string(),
  /** Folder of the service file. */
  root: z.string(),
  config: processesConfigSchema,
})
export type Settings = z.infer<typeof settingsSchema>

export const helloSchema = z.looseObject({ protocol: z.number(), pid: z.number() })

/** What a starting supervisor reports to who started it. */
export type Started = Outcome

const instanceSchema = z.strictObject({
  id: z.string(),
  version: z.string(),
  digest: z.string(),
  component: z.string(),
  isPublic: z.boolean(),
  url: z.string(),
  readyPath: z.string().nullable(),
  healthPath: z.string().nullable(),
  pid: z.number().nullable(),
  startedAtMs: z.number(),
  ready: z.boolean(),
  restarts: z.number(),
  logFile: z.string().nullable(),
})

export const targetStateSchema = z.strictObject({
  stable: z.string().nullable(),
  stableWorkload: workloadSchema.nullable(),
  workloads: z.array(workloadSchema),
  instances: z.array(instanceSchema),
  weights: z.record(z.string(), z.number()),
  url: z.string(),
  /** A supervisor that was started by an older gonogo knows of none. */
  secureUrl: z.string().nullable().default(null),
}) satisfies z.ZodType<TargetState>

/** Counters on the wire: JSON has no Infinity, so the last bound is null there and Infinity again after reading. */
export const samplesSchema = z.strictObject({
  atMs: z.number(),
  instances: z.array(
    z.strictObject({
      version: z.string(),
      instance: z.string(),
      requests: z.number(),
      errors: z.number(),
      buckets: z.array(
        z.strictObject({
          leMs: z
            .number()
            .nullable()
            .transform((le) => le ?? Number.POSITIVE_INFINITY),
          count: z.number(),
        }),
      ),
    }),
  ),
})

export const trafficSchema = z.strictObject({
  lastRequestAtMs: z.number().nullable(),
  inFlight: z.number(),
})
