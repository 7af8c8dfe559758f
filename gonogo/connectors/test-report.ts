/** What a run of tests came to, whatever format told it. */
export type TestReport = {
  readonly tool: string
  /** The commit that the report itself names; null when its format or its maker did not say. */
  readonly commit: string | null
  readonly run: string | null
  readonly total: number
  readonly failed: number
  /** Not run: skipped, pending, disabled. */
  readonly skipped: number
  /** Names of the first failed tests. */
  readonly failures: readonly string[]
}

/** How many names of failed tests a report keeps. */
export const MAX_NAMED_FAILURES = 10
