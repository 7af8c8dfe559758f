import { isAbsolute, matchesGlob, relative, resolve } from 'node:path'
import { z } from 'zod'
import { type CheckContext, CheckProblem } from '#checks/check.ts'
import { mustBeOfCommit, readReport } from '#checks/reading.ts'
import { readCobertura } from '#connectors/cobertura/index.ts'
import { readIstanbul } from '#connectors/istanbul/index.ts'
import { readLcov } from '#connectors/lcov/index.ts'
import { type FileCoverage, type LineCoverage, sumCoverage } from '#connectors/line-coverage.ts'

const FORMATS = ['lcov', 'cobertura', 'istanbul'] as const

export const coverageFileSchema = z.strictObject({
  file: z.string(),
  /** By default from the file's name: `.info` is lcov, `.xml` Cobertura, `.json` Istanbul. */
  format: z.enum(FORMATS).optional(),
  /** Folder that the report's paths start with, where it is not the repository's. */
  sourceRoot: z.string().optional(),
})

export type Coverage = {
  readonly all: FileCoverage
  readonly critical: FileCoverage
  readonly source: string
}

const READERS: Readonly<Record<(typeof FORMATS)[number], (text: string, source: string) => LineCoverage>> = {
  lcov: readLcov,
  cobertura: readCobertura,
  istanbul: readIstanbul,
}

/** A coverage report of one commit, summed over all of its files and over the critical ones, none of which may be missing. */
export async function readCoverage(
  ctx: CheckContext,
  config: z.infer<typeof coverageFileSchema>,
  critical: readonly string[],
): Promise<Coverage> {
  const file = await readReport(ctx, config.file)
  const format = config.format ?? formatOf(file.path)
  const coverage = READERS[format](file.text, file.path)
  mustBeOfCommit(ctx, file.path, file.provenance.commit)
  const repository = resolve(ctx.root, ctx.service.repository)
  const files = new Map(
    [...coverage].map(([path, lines]) => [fromRoot(path, config.sourceRoot ?? repository), lines]),
  )
  const all = sumCoverage(files.values())
  if (all.lines === 0) throw new CheckProblem(`${file.path}: has no line that could be covered`)
  return {
    all,
    critical: sumCoverage(criticalOf(files, critical, file.path)),
    source: `${file.path} ${file.digest}`,
  }
}

/** A pattern that matches no file of the report means that critical code was not measured. */
function criticalOf(files: LineCoverage, patterns: readonly string[], source: string): FileCoverage[] {
  const chosen = new Set<string>()
  for (const pattern of patterns) {
    const matched = [...files].filter(([path, { lines }]) => lines > 0 && matchesGlob(path, pattern))
    if (matched.length === 0)
      throw new CheckProblem(`${source}: has no covered lines of the critical path ${pattern}`)
    for (const [path] of matched) chosen.add(path)
  }
  return [...chosen].flatMap((path) => files.get(path) ?? [])
}

function fromRoot(path: string, root: string): string {
  const plain = path.replaceAll('\\', '/').replace(/^\.\//, '')
  return isAbsolute(plain) ? relative(root, plain).replaceAll('\\', '/') : plain
}

function formatOf(path: string): (typeof FORMATS)[number] {
  if (/\.xml$/i.test(path)) return 'cobertura'
  return /\.json$/i.test(path) ? 'istanbul' : 'lcov'
}

/** Whether share `a` is more than so many percentage points below share `b`. Exact, without rounding. */
export const isBelow = (a: FileCoverage, b: FileCoverage, points: number): boolean =>
  a.covered * b.lines * 100 + points * a.lines * b.lines < b.covered * a.lines * 100

/** `83.4 %`, cut and never rounded up, so that 79.96 is not shown as 80. */
export const formatShare = ({ lines, covered }: FileCoverage): string =>
  `${(Math.floor((covered / lines) * 1000) / 10).toFixed(1)} %`
