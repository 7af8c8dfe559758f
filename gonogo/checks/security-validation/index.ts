import { drill as openFindingsDrill } from './1.2.2-open-findings.drill.ts'
import { check as openFindings } from './1.2.2-open-findings.ts'

export const checks = [openFindings] as const
export const drills = [openFindingsDrill] as const
