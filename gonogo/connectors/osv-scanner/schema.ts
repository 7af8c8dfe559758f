import { z } from 'zod'

const vulnerabilitySchema = z.object({
  id: z.string().min(1),
  aliases: z.array(z.string()).nullish(),
  summary: z.string().optional(),
  database_specific: z.looseObject({ severity: z.string().optional().catch(undefined) }).nullish(),
})

const packageSchema = z.object({
  package: z.object({ name: z.string().min(1), version: z.string().optional() }),
  vulnerabilities: z.array(vulnerabilitySchema).nullish(),
  groups: z
    .array(
      z.object({
        ids: z.array(z.string()).min(1),
        aliases: z.array(z.string()).nullish(),
        max_severity: z.string().optional(),
      }),
    )
    .nullish(),
})

/** `osv-scanner --format json`. */
export const osvSchema = z.object({
  results: z.array(
    z.object({
      source: z.object({ path: z.string(), type: z.string() }),
      packages: z.array(packageSchema),
    }),
  ),
})
