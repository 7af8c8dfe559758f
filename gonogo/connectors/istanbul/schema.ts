import { z } from 'zod'

const count = z.number().int().nonnegative()
const linesSchema = z.object({ lines: z.object({ total: count, covered: count }) })

/** `coverage-summary.json` of Istanbul's json-summary reporter. */
export const summarySchema = z.object({ total: linesSchema }).catchall(linesSchema)

const fileSchema = z.object({
  path: z.string().min(1),
  statementMap: z.record(z.string(), z.object({ start: z.object({ line: z.number().int().positive() }) })),
  s: z.record(z.string(), count),
})

/** `coverage-final.json` of Istanbul's json reporter. */
export const finalSchema = z.record(z.string(), fileSchema)
