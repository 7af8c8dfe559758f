import { z } from 'zod'
import { matching, readJson } from '../evidence-file/structured-text.ts'
import { coverageOf, type FileCoverage, type LineCoverage, sumCoverage } from '../line-coverage.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { finalSchema, summarySchema } from './schema.ts'

/** Reads Istanbul's coverage-summary.json (it has a `total`) or coverage-final.json. */
export function readIstanbul(text: string, source: string): LineCoverage {
  const value = readJson(text, z.record(z.string(), z.unknown()), source, 'Istanbul coverage')
  const coverage = 'total' in value ? fromSummary(value, source) : fromFinal(value, source)
  if (coverage.size === 0) throw new ReadingProblem('empty', source, 'names no source file')
  return coverage
}

function fromSummary(value: unknown, source: string): LineCoverage {
  const { total, ...files } = matching(value, summarySchema, source, 'an Istanbul summary')
  const coverage = new Map<string, FileCoverage>()
  for (const [file, { lines }] of Object.entries(files)) {
    if (lines.covered > lines.total)
      throw new ReadingProblem('inconsistent', source, `${file} has more lines covered than there are`)
    coverage.set(file, { lines: lines.total, covered: lines.covered })
  }
  const sum = sumCoverage(coverage.values())
  if (sum.lines !== total.lines.total || sum.covered !== total.lines.covered) {
    const declared = `${total.lines.covered} of ${total.lines.total}`
    throw new ReadingProblem(
      'inconsistent',
      source,
      `declares ${declared} lines and holds ${sum.covered} of ${sum.lines}`,
    )
  }
  return coverage
}

/** As Istanbul does: a line is covered as often as the statement that starts on it runs most. */
function fromFinal(value: unknown, source: string): LineCoverage {
  const files = matching(value, finalSchema, source, 'Istanbul coverage')
  const coverage = new Map<string, FileCoverage>()
  for (const file of Object.values(files)) {
    const hits = new Map<number, number>()
    for (const [id, { start }] of Object.entries(file.statementMap)) {
      const count = file.s[id]
      if (count === undefined)
        throw new ReadingProblem('inconsistent', source, `${file.path} has no count for its statement ${id}`)
      hits.set(start.line, Math.max(hits.get(start.line) ?? 0, count))
    }
    coverage.set(file.path, coverageOf(hits))
  }
  return coverage
}
