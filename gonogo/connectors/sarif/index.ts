import { readJson } from '../evidence-file/structured-text.ts'
import type { Scan } from '../finding.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { isCounted, isSuppressed, toFinding } from './result.ts'
import { type SarifRun, sarifSchema } from './schema.ts'

/**
 * Reads SARIF 2.1.0, one scan a run. A log without runs, a run that failed and a run that computed no results are
 * problems: none of them says that there is nothing to find.
 */
export function readSarif(text: string, source: string): Scan[] {
  const { runs } = readJson(text, sarifSchema, source, 'SARIF 2.1.0')
  if (runs.length === 0) throw new ReadingProblem('empty', source, 'holds no run of any scanner')
  return runs.map((run) => readRun(run, source))
}

function readRun(run: SarifRun, source: string): Scan {
  const tool = run.tool.driver.name
  const failed = run.invocations?.find((invocation) => !invocation.executionSuccessful)
  if (failed) {
    const reason = failed.exitCodeDescription ? ` (${failed.exitCodeDescription})` : ''
    throw new ReadingProblem('inconsistent', source, `the run of ${tool} failed${reason}`)
  }
  if (run.externalPropertyFileReferences !== undefined)
    throw new ReadingProblem('cut-off', source, `the run of ${tool} keeps parts of itself in other files`)
  if (!run.results) throw new ReadingProblem('cut-off', source, `the run of ${tool} computed no results`)
  const counted = run.results.filter(isCounted)
  return {
    tool,
    commit: commitOf(run, source),
    atMs: endOf(run, source),
    databaseAtMs: null,
    findings: counted.filter((r) => !isSuppressed(r)).map((result) => toFinding(run, result)),
    suppressed: counted.filter(isSuppressed).map((result) => toFinding(run, result)),
  }
}

function commitOf(run: SarifRun, source: string): string | null {
  const revisions = (run.versionControlProvenance ?? []).flatMap((p) => p.revisionId || [])
  const distinct = [...new Set(revisions)]
  if (distinct.length > 1) throw new ReadingProblem('inconsistent', source, `names ${distinct.join(' and ')}`)
  return distinct[0] ?? null
}

function endOf(run: SarifRun, source: string): number | null {
  const ends = (run.invocations ?? []).flatMap((invocation) => invocation.endTimeUtc ?? [])
  if (ends.length === 0) return null
  const end = Math.min(...ends.map((text) => Date.parse(text)))
  if (Number.isNaN(end))
    throw new ReadingProblem('wrong-format', source, `names ${ends.join(', ')} as its end`)
  return end
}
