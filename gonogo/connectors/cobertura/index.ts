import { readXml } from '../evidence-file/structured-text.ts'
import { coverageOf, type LineCoverage } from '../line-coverage.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { coberturaSchema } from './schema.ts'

/** Reads Cobertura XML. A file may stand in several classes; its lines are counted once. */
export function readCobertura(text: string, source: string): LineCoverage {
  const root = readXml(text, coberturaSchema, source, 'Cobertura XML').coverage[0]
  const packages = root.packages[0] === '' ? [] : root.packages[0].package
  const classes = packages.flatMap((p) => p.classes.flatMap((block) => (block === '' ? [] : block.class)))
  const files = new Map<string, Map<number, number>>()
  let held = 0
  for (const one of classes) {
    const hits = files.get(one['@'].filename) ?? new Map<number, number>()
    for (const { '@': line } of one.lines.flatMap((block) => (block === '' ? [] : block.line))) {
      hits.set(line.number, (hits.get(line.number) ?? 0) + line.hits)
      held += 1
    }
    files.set(one['@'].filename, hits)
  }
  const coverage = new Map([...files].map(([file, hits]) => [file, coverageOf(hits)]))
  if (coverage.size === 0) throw new ReadingProblem('empty', source, 'names no source file')
  const declared = root['@']['lines-valid']
  const counted = [...coverage.values()].reduce((sum, file) => sum + file.lines, 0)
  if (declared !== undefined && declared !== held && declared !== counted)
    throw new ReadingProblem('inconsistent', source, `declares ${declared} lines and holds ${counted}`)
  return coverage
}
