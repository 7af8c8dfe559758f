import { z } from 'zod'
import { COMPONENT_KINDS, FLAGS, RELEASE_TYPES, RISKS, STRATEGIES } from './checklist.ts'

const digestSchema = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hex digits')
const instantSchema = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text))

/** `releases/VERSION.yaml`: what is deployed. Whoever changes a byte of it voids the votes. */
export const releaseSchema = z.strictObject({
  release: z.literal(1),
  version: z.string().regex(/^v?\d+\.\d+\.\d+([-+][0-9A-Za-z.-]+)?$/, 'a version such as 1.2.3'),
  /** Full commit hash that every proof must be about. */
  commit: z.string().regex(/^[0-9a-f]{40}$/, 'a full commit hash of 40 hex digits'),
  type: z.enum(RELEASE_TYPES),
  risk: z.enum(RISKS),
  strategy: z.enum(STRATEGIES),
  window: z.strictObject({
    start: instantSchema,
    end: instantSchema,
    timeZone: z.string().refine(isTimeZone, 'an IANA time zone such as Europe/Berlin'),
  }),
  /** Which kinds of component this release changes. */
  components: z.array(z.enum(COMPONENT_KINDS)).min(1),
  /** Folder or image with everything that runs; relative to the service file. */
  artifact: z.string(),
  digest: digestSchema,
  flags: z.partialRecord(z.enum(FLAGS), z.boolean()).default({}),
  /** People who wrote the change, by id in the roster; they approve nothing of it. */
  authors: z.array(z.string()).default([]),
  /** Configuration that travels with the workload. */
  config: z.record(z.string(), z.string()).default({}),
  /** Schema version of the database that this release expects. */
  schemaVersion: z.number().int().nonnegative().optional(),
  /** True when the release before works on this release's schema (expand/contract). */
  backwardCompatible: z.boolean().default(true),
  featureFlags: z.record(z.string(), z.unknown()).default({}),
  newFeatures: z.array(z.string()).default([]),
  /** Path of the notes in the artifact's repository. */
  notes: z.string().optional(),
})

export type Release = z.infer<typeof releaseSchema>

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
