import { drill as openFindingsDrill } from './1.2.2-open-findings.drill.ts'
import { check as openFindings } from './1.2.2-open-findings.ts'
import { drill as accessDrill } from './1.2.4-access.drill.ts'
import { check as access } from './1.2.4-access.ts'
import { drill as inputDrill } from './1.2.6-input-validation.drill.ts'
import { check as input } from './1.2.6-input-validation.ts'
import { drill as mcpDrill } from './1.2.7-mcp-security.drill.ts'
import { check as mcp } from './1.2.7-mcp-security.ts'

export const checks = [openFindings, access, input, mcp] as const
export const drills = [openFindingsDrill, accessDrill, inputDrill, mcpDrill] as const
