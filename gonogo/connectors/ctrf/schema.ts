import { z } from 'zod'

const count = z.number().int().nonnegative()

/** CTRF, the Common Test Report Format: https://ctrf.io */
export const ctrfSchema = z.object({
  results: z.object({
    tool: z.object({ name: z.string().min(1) }),
    summary: z.object({
      tests: count,
      passed: count,
      failed: count,
      pending: count,
      skipped: count,
      other: count,
      stop: z.number().optional(),
    }),
    tests: z.array(
      z.object({
        name: z.string(),
        status: z.enum(['passed', 'failed', 'skipped', 'pending', 'other']),
      }),
    ),
    environment: z
      .object({
        commit: z.string().optional(),
        buildId: z.union([z.string(), z.number()]).optional(),
        buildNumber: z.union([z.string(), z.number()]).optional(),
      })
      .optional(),
  }),
})
