import { drill as deploymentDrill } from './2.2.1-staging-deployment.drill.ts'
import { check as deployment } from './2.2.1-staging-deployment.ts'
import { drill as smokeDrill } from './2.2.2-staging-smoke.drill.ts'
import { check as smoke } from './2.2.2-staging-smoke.ts'
import { drill as performanceTestDrill } from './2.2.3-performance.drill.ts'
import { check as performanceTest } from './2.2.3-performance.ts'
import { drill as migrationsDrill } from './2.2.4-staging-migrations.drill.ts'
import { check as migrations } from './2.2.4-staging-migrations.ts'
import { drill as rateLimitsDrill } from './2.2.6-rate-limits.drill.ts'
import { check as rateLimits } from './2.2.6-rate-limits.ts'

export const checks = [performanceTest, migrations, deployment, smoke, rateLimits] as const
export const drills = [
  performanceTestDrill,
  migrationsDrill,
  deploymentDrill,
  smokeDrill,
  rateLimitsDrill,
] as const
