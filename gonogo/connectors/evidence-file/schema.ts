import { z } from 'zod'

/**
 * `FILE.provenance.json` beside a report whose format cannot say what it is about. Whoever makes the report writes it
 * in the same run.
 */
export const provenanceSchema = z.strictObject({
  /** Full hash of the commit that was checked out. */
  commit: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
  /** `sha256:…` of the lockfile that was scanned. */
  lockfile: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .optional(),
  /** `sha256:…` of the report itself: a sidecar left over from another report is not about this one. */
  report: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .optional(),
  run: z.string().optional(),
  url: z.url().optional(),
  /** When the report was made. */
  at: z.iso
    .datetime({ offset: true })
    .transform((text) => Date.parse(text))
    .optional(),
})

export type Provenance = z.infer<typeof provenanceSchema>
