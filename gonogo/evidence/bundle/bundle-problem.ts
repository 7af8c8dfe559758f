/** What is wrong with a bundle, and where. */
export type BundleProblem = {
  /** Name of the file within the bundle; the folder itself when no file can be named. */
  readonly file: string
  /** `line 12`, `checked.records`; empty when it is the whole file. */
  readonly place: string
  /** One sentence that begins with a verb. */
  readonly problem: string
}

export const problemAt = (file: string, place: string, problem: string): BundleProblem => ({
  file,
  place,
  problem,
})
