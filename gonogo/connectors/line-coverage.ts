/** Lines of one file: how many can be covered, and how many were. */
export type FileCoverage = { readonly lines: number; readonly covered: number }

/** Coverage by file, paths as the report has them. */
export type LineCoverage = ReadonlyMap<string, FileCoverage>

/** Counts a file's lines from its hits by line number. */
export function coverageOf(hits: ReadonlyMap<number, number>): FileCoverage {
  let covered = 0
  for (const count of hits.values()) if (count > 0) covered += 1
  return { lines: hits.size, covered }
}

/** The sum over files. */
export function sumCoverage(files: Iterable<FileCoverage>): FileCoverage {
  let lines = 0
  let covered = 0
  for (const file of files) {
    lines += file.lines
    covered += file.covered
  }
  return { lines, covered }
}
