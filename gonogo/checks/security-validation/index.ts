import { drill as openFindingsDrill } from './1.2.2-open-findings.drill.ts'
import { check as openFindings } from './1.2.2-open-findings.ts'
import { drill as secretAgesDrill } from './1.2.3-secret-ages.drill.ts'
import { check as secretAges } from './1.2.3-secret-ages.ts'
import { drill as accessDrill } from './1.2.4-access.drill.ts'
import { check as access } from './1.2.4-access.ts'
import { drill as injectionDrill } from './1.2.5-injection.drill.ts'
import { check as injection } from './1.2.5-injection.ts'
import { drill as inputDrill } from './1.2.6-input-validation.drill.ts'
import { check as input } from './1.2.6-input-validation.ts'
import { drill as mcpDrill } from './1.2.7-mcp-security.drill.ts'
import { check as mcp } from './1.2.7-mcp-security.ts'

export const checks = [openFindings, secretAges, access, injection, input, mcp] as const
export const drills = [
  openFindingsDrill,
  secretAgesDrill,
  accessDrill,
  injectionDrill,
  inputDrill,
  mcpDrill,
] as const
