import { z } from 'zod'
import { matching, readJson } from '../evidence-file/structured-text.ts'
import { type Finding, type Scan, severityOfWord } from '../finding.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { npmAuditSchema, npmErrorSchema } from './schema.ts'

type Report = z.infer<typeof npmAuditSchema>

/** Reads `npm audit --json`. An answer that names an error, or looked at no package, is a problem. */
export function readNpmAudit(text: string, source: string): Scan {
  const value = readJson(text, z.unknown(), source, 'JSON')
  const error = npmErrorSchema.safeParse(value)
  if (error.success) {
    const { message, error: detail } = error.data
    const reason = detail.summary || message || detail.code || 'no reason given'
    throw new ReadingProblem('unreachable', source, `the audit failed: ${reason.split('\n')[0]}`)
  }
  const report = matching(value, npmAuditSchema, source, 'npm audit --json of npm 7 or later')
  if (report.metadata.dependencies.total === 0)
    throw new ReadingProblem('empty', source, 'the audit looked at no package')
  assertCounts(report, source)
  const findings = new Map(findingsOf(report).map((finding) => [finding.key, finding]))
  return {
    tool: 'npm audit',
    commit: null,
    atMs: null,
    databaseAtMs: null,
    findings: [...findings.values()],
    suppressed: [],
  }
}

function assertCounts(report: Report, source: string): void {
  const entries = Object.values(report.vulnerabilities)
  const { total, critical, high } = report.metadata.vulnerabilities
  const count = (word: string) => entries.filter((entry) => entry.severity === word).length
  if (entries.length !== total || count('critical') !== critical || count('high') !== high)
    throw new ReadingProblem(
      'inconsistent',
      source,
      `declares ${total} vulnerabilities and holds ${entries.length}`,
    )
}

/** The advisories behind the packages; a package whose advisory is nowhere in the report stands for itself. */
function findingsOf(report: Report): Finding[] {
  return Object.values(report.vulnerabilities).flatMap((entry) => {
    const advisories = entry.via.filter((via) => typeof via !== 'string')
    const isExplained = entry.via.some((via) => typeof via === 'string' && via in report.vulnerabilities)
    if (advisories.length === 0 && isExplained) return []
    if (advisories.length === 0) return [toFinding(entry.name, entry.name, entry.severity, entry.name, '')]
    return advisories.map((via) => {
      const id = /GHSA-[\w-]+|CVE-[\d-]+/.exec(via.url ?? '')?.[0] ?? `npm-${via.source}`
      return toFinding(id, via.name, via.severity, via.title ?? id, via.range ?? '')
    })
  })
}

const toFinding = (
  id: string,
  name: string,
  severity: string | undefined,
  title: string,
  range: string,
): Finding => ({
  key: `${id}:${name}`,
  ids: [id],
  severity: severityOfWord(severity),
  title,
  where: range ? `${name} ${range}` : name,
  tool: 'npm audit',
})
