import { drill as openFindingsDrill } from './1.2.2-open-findings.drill.ts'
import { check as openFindings } from './1.2.2-open-findings.ts'
import { drill as accessDrill } from './1.2.4-access.drill.ts'
import { check as access } from './1.2.4-access.ts'

export const checks = [access, openFindings] as const
export const drills = [accessDrill, openFindingsDrill] as const
