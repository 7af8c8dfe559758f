import { drill as environmentDrill } from './1.3.1-environment.drill.ts'
import { check as environment } from './1.3.1-environment.ts'
import { drill as capacityDrill } from './1.3.2-capacity.drill.ts'
import { check as capacity } from './1.3.2-capacity.ts'
import { drill as migrationDrill } from './1.3.3-migration.drill.ts'
import { check as migration } from './1.3.3-migration.ts'
import { drill as networkPoliciesDrill } from './1.3.5-network-policies.drill.ts'
import { check as networkPolicies } from './1.3.5-network-policies.ts'
import { drill as certificatesDrill } from './1.3.6-certificates.drill.ts'
import { check as certificates } from './1.3.6-certificates.ts'
import { drill as dnsDrill } from './1.3.7-dns.drill.ts'
import { check as dns } from './1.3.7-dns.ts'
import { drill as healthChecksDrill } from './1.3.8-health-checks.drill.ts'
import { check as healthChecks } from './1.3.8-health-checks.ts'

export const checks = [
  networkPolicies,
  environment,
  healthChecks,
  migration,
  capacity,
  certificates,
  dns,
] as const
export const drills = [
  networkPoliciesDrill,
  environmentDrill,
  healthChecksDrill,
  migrationDrill,
  capacityDrill,
  certificatesDrill,
  dnsDrill,
] as const
