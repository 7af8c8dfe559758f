import { z } from 'zod'

const count = z.number().int().nonnegative()

const viaSchema = z.union([
  z.string(),
  z.object({
    source: z.union([z.number(), z.string()]),
    name: z.string(),
    title: z.string().optional(),
    url: z.string().optional(),
    severity: z.string().optional(),
    range: z.string().optional(),
  }),
])

/** `npm audit --json`, version 2 (npm 7 and later). */
export const npmAuditSchema = z.object({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(
    z.string(),
    z.object({ name: z.string(), severity: z.string().optional(), via: z.array(viaSchema) }),
  ),
  metadata: z.object({
    vulnerabilities: z.object({ critical: count, high: count, total: count }),
    dependencies: z.object({ total: count }),
  }),
})

/** What npm prints when the registry could not be asked. */
export const npmErrorSchema = z.object({
  message: z.string().optional(),
  error: z.object({ code: z.string().optional(), summary: z.string().optional() }),
})
