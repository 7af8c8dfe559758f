import { drill as openFindingsDrill } from './1.2.2-open-findings.drill.ts'
import { check as openFindings } from './1.2.2-open-findings.ts'
import { drill as accessDrill } from './1.2.4-access.drill.ts'
import { check as access } from './1.2.4-access.ts'
import { drill as injectionDrill } from './1.2.5-injection.drill.ts'
import { check as injection } from './1.2.5-injection.ts'
import { drill as inputDrill } from './1.2.6-input-validation.drill.ts'
import { check as input } from './1.2.6-input-validation.ts'

export const checks = [openFindings, access, injection, input] as const
export const drills = [openFindingsDrill, accessDrill, injectionDrill, inputDrill] as const
