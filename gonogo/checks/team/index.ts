import { drill as teamDrill } from './2.3.1-team.drill.ts'
import { check as team } from './2.3.1-team.ts'
import { drill as escalationDrill } from './2.3.5-escalation.drill.ts'
import { check as escalation } from './2.3.5-escalation.ts'

export const checks = [team, escalation] as const
export const drills = [teamDrill, escalationDrill] as const
