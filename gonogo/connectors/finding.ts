/** How bad a finding is. `unrated`: the scanner gave no severity, so nobody may take it for harmless. */
export type Severity = 'critical' | 'high' | 'medium' | 'low' | 'unrated'

export const SEVERITIES = [
  'critical',
  'high',
  'medium',
  'low',
  'unrated',
] as const satisfies readonly Severity[]

/** One thing that a scanner found. */
export type Finding = {
  /** Names it in a waiver: the same finding has the same key in every scan, at every time. */
  readonly key: string
  /** Every name of the weakness: CVE, GHSA, rule id. */
  readonly ids: readonly string[]
  readonly severity: Severity
  readonly title: string
  /** The package with its version, or the file with its line. */
  readonly where: string
  readonly tool: string
}

/** A scan as its report tells it. */
export type Scan = {
  readonly tool: string
  /** The commit that the report itself names; null when it does not. */
  readonly commit: string | null
  /** When it was made; null when the report does not say. */
  readonly atMs: number | null
  /** When the database of weaknesses was built; null where the scanner asks a live service. */
  readonly databaseAtMs: number | null
  readonly findings: readonly Finding[]
  /** Findings set aside with a reason. Those without one are among `findings`. */
  readonly suppressed: readonly Finding[]
}

const WORDS: Readonly<Record<string, Severity>> = {
  critical: 'critical',
  high: 'high',
  important: 'high',
  moderate: 'medium',
  medium: 'medium',
  low: 'low',
  negligible: 'low',
  info: 'low',
  none: 'low',
}

/** The severity that a word names; unrated for a word nobody knows. */
export const severityOfWord = (word: string | undefined | null): Severity =>
  WORDS[word?.toLowerCase().trim() ?? ''] ?? 'unrated'

/** The severity of a CVSS score, by the qualitative scale of CVSS 3 and 4; unrated when it is no score. */
export function severityOfScore(score: string | number | undefined | null): Severity {
  const value = typeof score === 'string' && score.trim() !== '' ? Number(score) : score
  if (typeof value !== 'number' || !(value >= 0 && value <= 10)) return 'unrated'
  if (value >= 9) return 'critical'
  if (value >= 7) return 'high'
  return value >= 4 ? 'medium' : 'low'
}

const BADNESS: readonly Severity[] = ['low', 'medium', 'high', 'critical']

/** The worst of several ratings; unrated only when none of them is one. */
export function worstOf(severities: readonly Severity[]): Severity {
  const rated = severities.filter((severity) => severity !== 'unrated')
  return rated.sort((a, b) => BADNESS.indexOf(b) - BADNESS.indexOf(a))[0] ?? 'unrated'
}

export const countBySeverity = (findings: readonly Finding[]): Record<Severity, number> => ({
  critical: findings.filter((f) => f.severity === 'critical').length,
  high: findings.filter((f) => f.severity === 'high').length,
  medium: findings.filter((f) => f.severity === 'medium').length,
  low: findings.filter((f) => f.severity === 'low').length,
  unrated: findings.filter((f) => f.severity === 'unrated').length,
})
