import { z } from 'zod'

const matchSchema = z.object({
  vulnerability: z.object({
    id: z.string().min(1),
    severity: z.string().optional(),
    description: z.string().optional(),
  }),
  relatedVulnerabilities: z.array(z.object({ id: z.string() })).nullish(),
  artifact: z.object({ name: z.string().min(1), version: z.string().optional() }),
})

/** `grype -o json`, of 0.30 and later; the database's age moved with the database's version 6. */
export const grypeSchema = z.object({
  matches: z.array(matchSchema),
  ignoredMatches: z
    .array(
      matchSchema.extend({
        appliedIgnoreRules: z.array(z.object({ reason: z.string().optional() })).nullish(),
      }),
    )
    .nullish(),
  source: z.object({ type: z.string() }),
  descriptor: z.object({
    name: z.literal('grype'),
    version: z.string(),
    timestamp: z.string().optional(),
    db: z.object({
      built: z.string().optional(),
      status: z.object({ built: z.string().optional(), valid: z.boolean().optional() }).optional(),
    }),
  }),
})
