import { drill as rateLimitsDrill } from './A.1.1-rate-limits.drill.ts'
import { check as rateLimits } from './A.1.1-rate-limits.ts'
import { drill as authenticationDrill } from './A.1.2-authentication.drill.ts'
import { check as authentication } from './A.1.2-authentication.ts'
import { drill as corsDrill } from './A.1.3-cors.drill.ts'
import { check as cors } from './A.1.3-cors.ts'
import { drill as requestLogDrill } from './A.1.4-request-log.drill.ts'
import { check as requestLog } from './A.1.4-request-log.ts'
import { drill as circuitBreakerDrill } from './A.1.5-circuit-breaker.drill.ts'
import { check as circuitBreaker } from './A.1.5-circuit-breaker.ts'
import { drill as modelKeyDrill } from './A.2.1-model-key.drill.ts'
import { check as modelKey } from './A.2.1-model-key.ts'
import { drill as injectionDrill } from './A.2.2-injection.drill.ts'
import { check as injection } from './A.2.2-injection.ts'
import { drill as contextWindowDrill } from './A.2.3-context-window.drill.ts'
import { check as contextWindow } from './A.2.3-context-window.ts'
import { drill as memoryDrill } from './A.2.4-memory.drill.ts'
import { check as memory } from './A.2.4-memory.ts'
import { drill as fallbackDrill } from './A.2.5-fallback.drill.ts'
import { check as fallback } from './A.2.5-fallback.ts'
import { drill as manifestsDrill } from './A.3.1-manifests.drill.ts'
import { check as manifests } from './A.3.1-manifests.ts'
import { drill as permissionsDrill } from './A.3.2-permissions.drill.ts'
import { check as permissions } from './A.3.2-permissions.ts'
import { drill as sandboxDrill } from './A.3.3-sandbox.drill.ts'
import { check as sandbox } from './A.3.3-sandbox.ts'
import { drill as limitsDrill } from './A.3.4-limits.drill.ts'
import { check as limits } from './A.3.4-limits.ts'
import { drill as discoveryDrill } from './A.3.5-discovery.drill.ts'
import { check as discovery } from './A.3.5-discovery.ts'
import { drill as migrationScriptDrill } from './A.4.1-migration-script.drill.ts'
import { check as migrationScript } from './A.4.1-migration-script.ts'
import { drill as rollbackScriptDrill } from './A.4.2-rollback-script.drill.ts'
import { check as rollbackScript } from './A.4.2-rollback-script.ts'
import { drill as integrityChecksDrill } from './A.4.3-integrity-checks.drill.ts'
import { check as integrityChecks } from './A.4.3-integrity-checks.ts'
import { drill as replicationDrill } from './A.4.4-replication-lag.drill.ts'
import { check as replication } from './A.4.4-replication-lag.ts'
import { drill as backupBeforeDrill } from './A.4.5-backup-before-migration.drill.ts'
import { check as backupBefore } from './A.4.5-backup-before-migration.ts'

export const checks = [
  backupBefore,
  migrationScript,
  rollbackScript,
  integrityChecks,
  rateLimits,
  authentication,
  cors,
  requestLog,
  replication,
  manifests,
  permissions,
  sandbox,
  limits,
  discovery,
  circuitBreaker,
  modelKey,
  injection,
  contextWindow,
  memory,
  fallback,
] as const
export const drills = [
  backupBeforeDrill,
  migrationScriptDrill,
  rollbackScriptDrill,
  integrityChecksDrill,
  rateLimitsDrill,
  authenticationDrill,
  corsDrill,
  requestLogDrill,
  replicationDrill,
  manifestsDrill,
  permissionsDrill,
  sandboxDrill,
  limitsDrill,
  discoveryDrill,
  circuitBreakerDrill,
  modelKeyDrill,
  injectionDrill,
  contextWindowDrill,
  memoryDrill,
  fallbackDrill,
] as const
