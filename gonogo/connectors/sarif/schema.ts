import { z } from 'zod'

const levelSchema = z.enum(['none', 'note', 'warning', 'error'])
const bagSchema = z.looseObject({
  'security-severity': z.union([z.string(), z.number()]).optional(),
  severity: z.string().optional().catch(undefined),
})

const ruleSchema = z.object({
  id: z.string(),
  defaultConfiguration: z.object({ level: levelSchema.optional() }).optional(),
  properties: bagSchema.optional(),
})

const componentSchema = z.object({
  name: z.string().min(1),
  version: z.string().optional(),
  semanticVersion: z.string().optional(),
  rules: z.array(ruleSchema).nullish(),
})

const resultSchema = z.object({
  ruleId: z.string().optional(),
  ruleIndex: z.number().int().optional(),
  rule: z
    .object({
      id: z.string().optional(),
      index: z.number().int().optional(),
      toolComponent: z.object({ index: z.number().int().optional() }).optional(),
    })
    .optional(),
  kind: z.enum(['pass', 'open', 'informational', 'notApplicable', 'review', 'fail']).optional(),
  level: levelSchema.optional(),
  message: z.object({ text: z.string().optional(), id: z.string().optional() }),
  locations: z
    .array(
      z.object({
        physicalLocation: z
          .object({
            artifactLocation: z.object({ uri: z.string().optional() }).optional(),
            region: z.object({ startLine: z.number().int().optional() }).optional(),
          })
          .optional(),
      }),
    )
    .optional(),
  partialFingerprints: z.record(z.string(), z.string()).optional(),
  suppressions: z
    .array(
      z.object({
        status: z.enum(['accepted', 'underReview', 'rejected']).optional(),
        justification: z.string().optional(),
      }),
    )
    .nullish(),
  baselineState: z.enum(['new', 'unchanged', 'updated', 'absent']).optional(),
  properties: bagSchema.optional(),
})

const runSchema = z.object({
  tool: z.object({ driver: componentSchema, extensions: z.array(componentSchema).optional() }),
  invocations: z
    .array(
      z.object({
        executionSuccessful: z.boolean(),
        endTimeUtc: z.string().optional(),
        exitCodeDescription: z.string().optional(),
      }),
    )
    .nullish(),
  versionControlProvenance: z.array(z.object({ revisionId: z.string().optional() })).nullish(),
  results: z.array(resultSchema).nullish(),
  externalPropertyFileReferences: z.unknown().optional(),
  automationDetails: z.object({ id: z.string().optional(), guid: z.string().optional() }).optional(),
})

export const sarifSchema = z.object({
  version: z.literal('2.1.0'),
  runs: z.array(runSchema),
})

export type SarifRun = z.infer<typeof runSchema>
export type SarifResult = z.infer<typeof resultSchema>
export type SarifRule = z.infer<typeof ruleSchema>
