import { type Finding, type Severity, severityOfScore, severityOfWord } from '../finding.ts'
import type { SarifResult, SarifRule, SarifRun } from './schema.ts'

/** True for a result that says something may be wrong. One that a newer scan no longer found does not. */
export const isCounted = (result: SarifResult): boolean =>
  !['pass', 'informational', 'notApplicable'].includes(result.kind ?? 'fail') &&
  result.baselineState !== 'absent'

/** True only for a suppression that somebody accepted and gave a reason for. */
export function isSuppressed(result: SarifResult): boolean {
  const suppressions = result.suppressions ?? []
  return (
    suppressions.length > 0 &&
    suppressions.every(
      (s) => (s.status ?? 'accepted') === 'accepted' && (s.justification?.trim() ?? '') !== '',
    )
  )
}

export function toFinding(run: SarifRun, result: SarifResult): Finding {
  const rule = ruleOf(run, result)
  const id = result.ruleId ?? result.rule?.id ?? rule?.id ?? 'no-rule'
  const place = result.locations?.[0]?.physicalLocation
  const file = place?.artifactLocation?.uri ?? 'no place'
  const line = place?.region?.startLine
  const where = line === undefined ? file : `${file}:${line}`
  const tool = run.tool.driver.name
  const title = (result.message.text ?? result.message.id ?? id).split('\n')[0]?.slice(0, 200) ?? id
  return { key: `${tool}:${id}:${where}`, ids: [id], severity: severityOf(result, rule), title, where, tool }
}

/**
 * The result's own score or word first, then its rule's, then the level, where one is given. SARIF's unwritten default
 * level (warning) is no rating.
 */
function severityOf(result: SarifResult, rule: SarifRule | undefined): Severity {
  for (const bag of [result.properties, rule?.properties]) {
    const score = severityOfScore(bag?.['security-severity'])
    if (score !== 'unrated') return score
    if (bag?.['security-severity'] !== undefined) return 'unrated'
    const word = severityOfWord(bag?.severity)
    if (word !== 'unrated') return word
  }
  const level = result.level ?? rule?.defaultConfiguration?.level
  if (level === 'error') return 'high'
  if (level === 'warning') return 'medium'
  return level === undefined ? 'unrated' : 'low'
}

function ruleOf(run: SarifRun, result: SarifResult): SarifRule | undefined {
  const component = result.rule?.toolComponent?.index
  const home = component === undefined ? run.tool.driver : run.tool.extensions?.[component]
  const index = result.ruleIndex ?? result.rule?.index
  const byIndex = index === undefined || index < 0 ? undefined : home?.rules?.[index]
  if (byIndex) return byIndex
  const id = result.ruleId ?? result.rule?.id
  const all = [run.tool.driver, ...(run.tool.extensions ?? [])].flatMap((c) => c.rules ?? [])
  return all.find((rule) => rule.id === id) ?? all.find((rule) => id?.startsWith(`${rule.id}/`))
}
