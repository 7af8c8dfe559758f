import { basename } from 'node:path'
import type { z } from 'zod'
import { readJson } from '../evidence-file/structured-text.ts'
import { type Finding, type Scan, severityOfScore, severityOfWord, worstOf } from '../finding.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { osvSchema } from './schema.ts'

type Package = z.infer<typeof osvSchema>['results'][number]['packages'][number]

/**
 * Reads OSV-Scanner's JSON. It names only sources with findings; one of another name than the lockfile's means that
 * something else was scanned.
 */
export function readOsvScanner(text: string, source: string, lockfile: string): Scan {
  const { results } = readJson(text, osvSchema, source, 'JSON of OSV-Scanner')
  const other = results.find((result) => basename(result.source.path) !== basename(lockfile))
  if (other)
    throw new ReadingProblem(
      'not-about-this',
      source,
      `is a scan of ${other.source.path}, not of ${lockfile}`,
    )
  const findings = results.flatMap((result) => result.packages.flatMap(findingsOf))
  return { tool: 'OSV-Scanner', commit: null, atMs: null, databaseAtMs: null, findings, suppressed: [] }
}

/** One finding a group of aliases; vulnerabilities that no group names stand alone. */
function findingsOf(entry: Package): Finding[] {
  const vulnerabilities = entry.vulnerabilities ?? []
  const groups = [...(entry.groups ?? [])]
  const grouped = new Set(groups.flatMap((group) => group.ids))
  for (const { id } of vulnerabilities) if (!grouped.has(id)) groups.push({ ids: [id] })
  const { name, version } = entry.package
  return groups.map((group) => {
    const members = vulnerabilities.filter((v) => group.ids.includes(v.id))
    const ids = [
      ...new Set([...group.ids, ...(group.aliases ?? []), ...members.flatMap((v) => v.aliases ?? [])]),
    ]
    const words = members.map((v) => severityOfWord(v.database_specific?.severity))
    const id = ids.find((one) => one.startsWith('GHSA-')) ?? ids[0] ?? 'no-id'
    return {
      key: `${id}:${name}`,
      ids,
      severity: worstOf([severityOfScore(group.max_severity), ...words]),
      title: members.find((v) => v.summary)?.summary ?? id,
      where: version ? `${name} ${version}` : name,
      tool: 'OSV-Scanner',
    }
  })
}
