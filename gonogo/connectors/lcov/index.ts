import { coverageOf, type LineCoverage } from '../line-coverage.ts'
import { ReadingProblem } from '../reading-problem.ts'

const KNOWN = /^(TN|VER|FN|FNDA|FNF|FNH|FNL|FNA|BRDA|BRF|BRH|MCDC|MCF|MCH):|^#/

type Section = {
  readonly file: string
  readonly hits: Map<number, number>
  found: number | null
  hit: number | null
}

/**
 * Reads an lcov tracefile, strictly: every line must be one that lcov knows, every section must end, and the counts
 * that a section declares must be those of its lines.
 */
export function readLcov(text: string, source: string): LineCoverage {
  const hitsByFile = new Map<string, Map<number, number>>()
  let section: Section | null = null
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim()
    if (line === '') continue
    if (line.startsWith('SF:')) {
      if (section) throw new ReadingProblem('cut-off', source, `the section of ${section.file} has no end`)
      section = { file: line.slice(3), hits: new Map(), found: null, hit: null }
    } else if (line === 'end_of_record' && section) {
      closeSection(section, hitsByFile, source)
      section = null
    } else if (!(section && readCounts(section, line)) && !KNOWN.test(line)) {
      throw new ReadingProblem('wrong-format', source, `is not lcov (line ${index + 1})`)
    }
  }
  if (section)
    throw new ReadingProblem('cut-off', source, `is cut off: the section of ${section.file} has no end`)
  const coverage = new Map([...hitsByFile].map(([file, hits]) => [file, coverageOf(hits)]))
  if (coverage.size === 0) throw new ReadingProblem('empty', source, 'names no source file')
  return coverage
}

/** True when the line was one of a section's line counts. */
function readCounts(section: Section, line: string): boolean {
  const data = /^DA:(\d+),(\d+)(,.*)?$/.exec(line)
  if (data) {
    const number = Number(data[1])
    section.hits.set(number, (section.hits.get(number) ?? 0) + Number(data[2]))
    return true
  }
  const total = /^(LF|LH):(\d+)$/.exec(line)
  if (total?.[1] === 'LF') section.found = Number(total[2])
  if (total?.[1] === 'LH') section.hit = Number(total[2])
  return total !== null
}

function closeSection(section: Section, files: Map<string, Map<number, number>>, source: string): void {
  const { lines, covered } = coverageOf(section.hits)
  if ((section.found ?? lines) !== lines || (section.hit ?? covered) !== covered) {
    const declared = `${section.hit ?? covered} of ${section.found ?? lines}`
    const reason = `declares ${declared} lines for ${section.file} and holds ${covered} of ${lines}`
    throw new ReadingProblem('inconsistent', source, reason)
  }
  const known = files.get(section.file) ?? new Map<number, number>()
  for (const [number, count] of section.hits) known.set(number, (known.get(number) ?? 0) + count)
  files.set(section.file, known)
}
