import { z } from 'zod'

const attributes = z.record(z.string(), z.string()).default({})

const propertiesSchema = z.union([
  z.literal(''),
  z.object({ property: z.array(z.union([z.literal(''), z.object({ '@': attributes })])).default([]) }),
])

const outcome = z.array(z.unknown()).default([])

const testcaseSchema = z.object({
  '@': attributes,
  failure: outcome,
  error: outcome,
  skipped: outcome,
  disabled: outcome,
})

/** A testsuite; suites may stand in suites. */
export type JunitSuite = {
  '@': Record<string, string>
  properties: z.infer<typeof propertiesSchema>[]
  testcase: z.infer<typeof testcaseSchema>[]
  testsuite: ('' | JunitSuite)[]
}

const suiteSchema: z.ZodType<JunitSuite> = z.object({
  '@': attributes,
  properties: z.array(propertiesSchema).default([]),
  testcase: z.array(testcaseSchema).default([]),
  get testsuite() {
    return z.array(z.union([z.literal(''), suiteSchema])).default([])
  },
})

/** The document: `testsuites` with suites in it, or one bare `testsuite`. */
export const junitSchema = z.union([
  z.object({ testsuites: z.tuple([suiteSchema]) }),
  z.object({ testsuite: z.tuple([suiteSchema]) }),
])
