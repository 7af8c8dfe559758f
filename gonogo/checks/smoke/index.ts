import { drill as suiteDrill } from './3.3.2.0-suite.drill.ts'
import { check as suite } from './3.3.2.0-suite.ts'
import { drill as authenticationDrill } from './3.3.2.1-authentication.drill.ts'
import { drill as agentDrill } from './3.3.2.2-agent-answers.drill.ts'
import { drill as skillsDrill } from './3.3.2.3-skills.drill.ts'
import { drill as endpointsDrill } from './3.3.2.4-endpoints.drill.ts'
import { drill as readsDrill } from './3.3.2.5-reads-and-writes.drill.ts'
import { drill as securityDrill } from './3.3.2.6-security-controls.drill.ts'
import { check as security } from './3.3.2.6-security-controls.ts'
import { drill as timesDrill } from './3.3.2.7-response-times.drill.ts'
import { check as times } from './3.3.2.7-response-times.ts'
import { SUITE } from './suite.ts'

export const checks = [suite, ...SUITE, security, times]
export const drills = [
  suiteDrill,
  authenticationDrill,
  agentDrill,
  skillsDrill,
  endpointsDrill,
  readsDrill,
  securityDrill,
  timesDrill,
]
