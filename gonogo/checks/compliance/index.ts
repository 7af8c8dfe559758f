import { drill as runbookDrill } from './1.4.2-runbook.drill.ts'
import { check as runbook } from './1.4.2-runbook.ts'
import { drill as rollbackPlanDrill } from './1.4.3-rollback-plan.drill.ts'
import { check as rollbackPlan } from './1.4.3-rollback-plan.ts'
import { drill as releaseNotesDrill } from './1.4.6-release-notes.drill.ts'
import { check as releaseNotes } from './1.4.6-release-notes.ts'

export const checks = [runbook, rollbackPlan, releaseNotes] as const
export const drills = [runbookDrill, rollbackPlanDrill, releaseNotesDrill] as const
