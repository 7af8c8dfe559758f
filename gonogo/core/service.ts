import { z } from 'zod'
import { durationSchema } from './duration.ts'
import { metricsSettingsSchema } from './metrics-settings.ts'
import { roleSchema } from './roles.ts'

const percentSchema = z.number().min(0).max(100)
/** A limit: nothing would ever be below 0 %. */
const percentLimitSchema = z.number().gt(0).max(100)
const positive = z.number().positive()

const personSchema = z.strictObject({
  name: z.string().min(1),
  contact: z.string().min(1),
  roles: z.array(roleSchema).default([]),
  /** Stands in for the role's holder. */
  backupFor: z.array(roleSchema).default([]),
  /** OpenSSH public keys, as in authorized_keys. */
  keys: z.array(z.string()).default([]),
  /** Files that hold such keys, one a line; relative to the service file. */
  keyFiles: z.array(z.string()).default([]),
  /** Addresses this person commits under; what links an author to the roster. */
  emails: z.array(z.string()).default([]),
  /** Demo keys are made for a cast; each signature by one says so everywhere. */
  demo: z.boolean().default(false),
  bot: z.boolean().default(false),
})

const databaseSchema = z.strictObject({
  kind: z.enum(['sqlite']),
  file: z.string(),
  /** Commands run in the release's artifact folder; `${database}` is the file, `${to}` the schema version wanted. */
  migrate: z.strictObject({
    up: z.array(z.string()).min(1),
    down: z.array(z.string()).min(1),
    status: z.array(z.string()).min(1),
    check: z.array(z.string()).min(1),
  }),
})

const environmentSchema = z.strictObject({
  /** The target's own block; its kind decides the schema it is checked by. */
  target: z.looseObject({ kind: z.string() }),
  /** Folder for what runs there: sockets, logs, data. Default `.gonogo/environments/NAME`. */
  folder: z.string().optional(),
  region: z.string().optional(),
  /** Bearer tokens and addresses that probes use there; values may be `${env:NAME}` or `${file:PATH}`. */
  access: z.record(z.string(), z.string()).default({}),
  database: databaseSchema.optional(),
  /** Where the counters come from that the deployment is judged by. */
  metrics: metricsSettingsSchema.prefault({ source: 'router' }),
})

const stepSchema = z.strictObject({ weight: percentSchema, wait: durationSchema })

const ruleOutSchema = z
  .array(z.strictObject({ weight: percentSchema, ratio: z.number().gt(1) }))
  .min(1)
  .refine((rows) => rows.every((r, i) => r.weight > (rows[i - 1]?.weight ?? -1)), 'weights must rise')

/** The policy's defaults follow the checklist: 5 → 25 → 50 → 100 %, 15/15/30 min, 24 h, 5 % or 2×, 2000 ms or 3×. */
const policySchema = z.strictObject({
  steps: z
    .array(stepSchema)
    .min(1)
    .refine((steps) => steps.at(-1)?.weight === 100, 'the last step must have weight 100')
    .refine(
      (steps) => steps.every((s, i) => s.weight > (steps[i - 1]?.weight ?? 0)),
      'weights must rise from step to step',
    )
    .default([
      { weight: 5, wait: 900_000 },
      { weight: 25, wait: 900_000 },
      { weight: 50, wait: 1_800_000 },
      { weight: 100, wait: 600_000 },
    ]),
  watch: durationSchema.default(86_400_000),
  firstHour: durationSchema.default(3_600_000),
  expectedDuration: durationSchema.default(7_200_000),
  rollback: z
    .strictObject({
      /** By evidence that may be looked at at any time, or by the checklist's thresholds read literally. */
      mode: z.enum(['sequential', 'literal']).default('sequential'),
      errorRate: percentLimitSchema.default(5),
      errorRatio: z.number().gt(1).default(2),
      p95Ms: positive.default(2000),
      p95Ratio: z.number().gt(1).default(3),
      /** Appendix C's window. */
      window: durationSchema.default(300_000),
      minBadRequests: z.number().int().positive().default(10),
      interval: durationSchema.default(1000),
      warmUp: durationSchema.default(10_000),
      /** Unknown for longer than this: the deployment holds. */
      maxBlind: durationSchema.default(60_000),
      /** Unknown for longer than this: it rolls back. */
      blindLimit: durationSchema.default(900_000),
      /** Greatest chance that a version that makes no difference is rolled back, in the whole deployment. */
      alpha: z.number().gt(0).lt(0.5).default(0.001),
      /** From each weight on: how many times worse must be ruled out to proceed; by the release's risk where it is named. */
      ruleOut: z
        .strictObject({
          default: ruleOutSchema.default([
            { weight: 5, ratio: 5 },
            { weight: 50, ratio: 2 },
          ]),
          low: ruleOutSchema.optional(),
          medium: ruleOutSchema.optional(),
          high: ruleOutSchema.optional(),
          critical: ruleOutSchema.optional(),
        })
        .prefault({}),
      /** Proceed before the wait has passed, as soon as the evidence is there. */
      earlyProceed: z.boolean().default(false),
      /** Failed requests that the next step may cost where the evidence does not suffice; without it a person decides. */
      harmBudget: z.strictObject({ maxFailedRequests: positive }).optional(),
    })
    .refine((r) => !r.earlyProceed || r.mode === 'sequential', {
      path: ['earlyProceed'],
      message: 'needs mode: sequential; thresholds read literally are no evidence to proceed by',
    })
    .prefault({}),
  /** Whoever holds the watch is asked this often in the first hour whether they are there, and answers in this time. */
  presence: z
    .strictObject({ every: durationSchema.default(900_000), within: durationSchema.default(300_000) })
    .prefault({}),
  waivers: z.strictObject({ maxAge: durationSchema.default(30 * 86_400_000) }).prefault({}),
  /** How soon an item that failed or is unknown is looked at again while its stage is open. */
  retryEvery: durationSchema.default(60_000),
  /** How long the rolling strategy waits after each replica. */
  rollingWait: durationSchema.default(30_000),
})

const contactSchema = z.strictObject({ name: z.string().min(1), contact: z.string().min(1) })

/** `gonogo.yaml`: how a service is deployed, and by whom. */
export const serviceSchema = z.strictObject({
  gonogo: z.literal(1),
  service: z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower case letters, digits and dashes'),
  checklist: z.string(),
  /** Folder of `VERSION.yaml` files. */
  releases: z.string().default('releases'),
  repository: z.string().default('.'),
  environments: z
    .record(z.string(), environmentSchema)
    .refine((e) => 'production' in e, 'an environment named production'),
  /** Where phase 1 and 2 look for staging evidence. */
  staging: z.string().optional(),
  people: z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), personSchema),
  sla: z
    .strictObject({
      p50Ms: positive.default(200),
      p95Ms: positive.default(500),
      p99Ms: positive.default(2000),
      errorRate: percentLimitSchema.default(0.1),
    })
    .prefault({}),
  policy: policySchema.prefault({}),
  /** The service's usual traffic, for `gonogo simulate`; shares are per cent. */
  traffic: z
    .strictObject({
      requestsPerSecond: positive,
      errorRate: percentLimitSchema,
      /** Requests slower than the p95 limit. */
      slowShare: percentSchema.default(0.05),
    })
    .optional(),
  /** No deployment may touch these times. */
  freezes: z
    .array(
      z.strictObject({
        name: z.string(),
        start: z.iso.datetime({ offset: true }),
        end: z.iso.datetime({ offset: true }),
      }),
    )
    .default([]),
  contacts: z
    .strictObject({
      cloudProviderSupport: contactSchema.optional(),
      securityVendor: contactSchema.optional(),
      incidentHotline: contactSchema.optional(),
    })
    .prefault({}),
  /** Audience → channel and template; `{{service}} {{version}} {{window}} {{reason}}` are filled in. */
  audiences: z
    .record(
      z.string(),
      z.strictObject({ channel: z.string(), template: z.string(), file: z.string().optional() }),
    )
    .default({}),
  /** External dependencies that the new instances must reach. */
  dependencies: z.array(z.strictObject({ name: z.string(), url: z.string() })).default([]),
  /** One block per check, by item id; each check has its own schema. */
  checks: z.record(z.string(), z.unknown()).default({}),
  /** What `gonogo drill` starts to break things: named faults of the service's own. */
  drill: z.record(z.string(), z.unknown()).default({}),
})

export type Service = z.infer<typeof serviceSchema>
export type Person = z.infer<typeof personSchema>
export type Policy = z.infer<typeof policySchema>
export type Database = z.infer<typeof databaseSchema>
export type Environment = z.infer<typeof environmentSchema>
