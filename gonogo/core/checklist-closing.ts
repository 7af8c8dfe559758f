import { z } from 'zod'
import { roleSchema } from './roles.ts'

const key = z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower case letters, digits and dashes')

/** What a row of the statistics is measured by. */
export const STATISTICS = ['duration', 'errorRate', 'latencyP95', 'rollback', 'downtime', 'issues'] as const

const statisticSchema = z.strictObject({
  metric: z.enum(STATISTICS),
  title: z.string(),
  /** The document's wording of the target. */
  target: z.string(),
  /** The target as a number in `unit`, and whether it may be reached (`<=`) or not (`<`). */
  limit: z.number(),
  compare: z.enum(['<', '<=']),
  unit: z.string(),
})

const successCriterionSchema = z.strictObject({
  key,
  title: z.string(),
  note: z.string().optional(),
  /** The statistics' row that decides it. */
  metric: z.enum(STATISTICS).optional(),
})

export const closingSchema = z.strictObject({
  successCriteria: z.array(successCriterionSchema).default([]),
  statistics: z.array(statisticSchema).default([]),
  /** Sign-offs; each line takes name, signature, date and time. */
  approval: z.array(roleSchema).default([]),
  postDeployment: z.array(roleSchema).default([]),
  finalStatus: z
    .array(
      z.strictObject({
        status: z.enum(['success', 'success-with-issues', 'rolled-back']),
        title: z.string(),
      }),
    )
    .default([]),
})

export const rollbackCriterionSchema = z.strictObject({ key, title: z.string() })
export const escalationSchema = z.strictObject({ role: roleSchema, title: z.string(), criteria: z.string() })

/** Contacts outside the roster; the key is the one under `contacts` in the service file. */
export const externalContactSchema = z.strictObject({
  key: z.enum(['cloudProviderSupport', 'securityVendor', 'incidentHotline']),
  title: z.string(),
})
