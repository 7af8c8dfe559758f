import { drill as oldDeploymentDrill } from './4.4.1-old-deployment.drill.ts'
import { check as oldDeployment } from './4.4.1-old-deployment.ts'
import { drill as temporaryResourcesDrill } from './4.4.2-temporary-resources.drill.ts'
import { check as temporaryResources } from './4.4.2-temporary-resources.ts'
import { drill as scanAfterDrill } from './4.4.6-scan-after.drill.ts'
import { check as scanAfter } from './4.4.6-scan-after.ts'
export const checks = [scanAfter, oldDeployment, temporaryResources] as const
export const drills = [scanAfterDrill, oldDeploymentDrill, temporaryResourcesDrill] as const
