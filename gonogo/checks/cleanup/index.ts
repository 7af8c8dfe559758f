import { drill as oldDeploymentDrill } from './4.4.1-old-deployment.drill.ts'
import { check as oldDeployment } from './4.4.1-old-deployment.ts'
import { drill as temporaryResourcesDrill } from './4.4.2-temporary-resources.drill.ts'
import { check as temporaryResources } from './4.4.2-temporary-resources.ts'
export const checks = [oldDeployment, temporaryResources] as const
export const drills = [oldDeploymentDrill, temporaryResourcesDrill] as const
