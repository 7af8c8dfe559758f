import { z } from 'zod'
import { countBySeverity, type Finding, type Scan, SEVERITIES } from '#connectors/finding.ts'

const findingSchema = z.object({
  key: z.string(),
  ids: z.array(z.string()),
  severity: z.enum(SEVERITIES),
  title: z.string(),
  where: z.string(),
  tool: z.string(),
})

/**
 * What a scan's item claims: the findings that can close a gate, each in full, and how many others there are. 1.2.2
 * reads it, so a finding keeps its key from one scan to the next.
 */
export const scanClaimSchema = z.object({
  tools: z.array(z.string()),
  findings: z.array(findingSchema),
  suppressed: z.array(z.string()),
})

const isGrave = (finding: Finding): boolean => ['critical', 'high', 'unrated'].includes(finding.severity)

export function scanClaim(scans: readonly Scan[]) {
  const all = scans.flatMap((scan) => scan.findings)
  const grave = new Map(
    all.filter(isGrave).map((finding) => [finding.key, { ...finding, ids: [...finding.ids] }]),
  )
  return {
    tools: [...new Set(scans.map((scan) => scan.tool))].sort(),
    findings: [...grave.values()].sort((a, b) => (a.key < b.key ? -1 : 1)),
    suppressed: [...new Set(scans.flatMap((scan) => scan.suppressed.map((f) => f.key)))].sort(),
    counts: countBySeverity(all),
  }
}

/** What the findings come to: the words for the summary, and whether they close the gate. */
export function weigh(findings: readonly Finding[]): { verdict: 'pass' | 'fail' | 'unknown'; words: string } {
  const { critical, high, medium, low, unrated } = countBySeverity(findings)
  const words = `${critical} critical, ${high} high, ${medium} medium, ${low} low`
  const first = findings.find((f) => f.severity === 'critical') ?? findings.find((f) => f.severity === 'high')
  if (first)
    return { verdict: 'fail', words: `${words}; first: ${first.title} (${first.ids[0]}) in ${first.where}` }
  const open = findings.find((f) => f.severity === 'unrated')
  if (open)
    return {
      verdict: 'unknown',
      words: `${words}, ${unrated} without a severity, such as ${open.ids[0]} in ${open.where}`,
    }
  return { verdict: 'pass', words }
}
