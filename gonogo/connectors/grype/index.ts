import type { z } from 'zod'
import { readJson } from '../evidence-file/structured-text.ts'
import { type Finding, type Scan, severityOfWord } from '../finding.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { grypeSchema } from './schema.ts'

type Match = z.infer<typeof grypeSchema>['matches'][number]
const NOTHING_BUILT = Date.parse('2000-01-01T00:00:00Z')

/** Reads Grype's JSON. An ignored match counts as one, unless the rule that ignores it gives its reason. */
export function readGrype(text: string, source: string): Scan {
  const report = readJson(text, grypeSchema, source, 'JSON of Grype')
  const { db, timestamp } = report.descriptor
  if (db.status?.valid === false)
    throw new ReadingProblem('inconsistent', source, 'its database was not valid')
  const databaseAtMs = Date.parse(db.status?.built ?? db.built ?? '')
  if (!(databaseAtMs > NOTHING_BUILT))
    throw new ReadingProblem('wrong-format', source, 'does not say how old its database is')
  const atMs = timestamp === undefined ? null : Date.parse(timestamp)
  if (Number.isNaN(atMs)) throw new ReadingProblem('wrong-format', source, `names ${timestamp} as its time`)
  const ignored = report.ignoredMatches ?? []
  const isReasoned = (match: (typeof ignored)[number]) =>
    (match.appliedIgnoreRules ?? []).some((rule) => (rule.reason?.trim() ?? '') !== '')
  return {
    tool: `Grype ${report.descriptor.version}`,
    commit: null,
    atMs,
    databaseAtMs,
    findings: [...report.matches, ...ignored.filter((match) => !isReasoned(match))].map(toFinding),
    suppressed: ignored.filter(isReasoned).map(toFinding),
  }
}

function toFinding(match: Match): Finding {
  const { vulnerability, artifact } = match
  const ids = [...new Set([vulnerability.id, ...(match.relatedVulnerabilities ?? []).map((v) => v.id)])]
  const id = ids.find((one) => one.startsWith('GHSA-')) ?? vulnerability.id
  return {
    key: `${id}:${artifact.name}`,
    ids,
    severity: severityOfWord(vulnerability.severity),
    title: (vulnerability.description ?? id).split('\n')[0]?.slice(0, 200) ?? id,
    where: artifact.version ? `${artifact.name} ${artifact.version}` : artifact.name,
    tool: 'Grype',
  }
}
