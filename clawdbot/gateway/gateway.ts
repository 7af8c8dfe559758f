import type { DestinationStream } from 'pino'
import { createMemoryStore } from '../database/memories.ts'
import { requiredSchema } from '../database/migrations.ts'
import { createNoteStore } from '../database/notes.ts'
import { createPinNote } from '../database/pinned-notes.ts'
import { DatabasePool } from '../database/pool.ts'
import { createSharedLimiter, type RateLimit } from '../database/rate-limits.ts'
import { openSignals, type Signals } from '../database/signals.ts'
import { createBreakers } from '../runtime/breaker.ts'
import { type Component, createComponent, type Started, startComponent } from '../runtime/component.ts'
import { ConfigurationError, readConfiguration } from '../runtime/configuration.ts'
import { requestLogger } from '../runtime/observe.ts'
import { askReady } from '../runtime/probes.ts'
import { openSecret } from '../runtime/secret.ts'
import { createAgentClient } from './agent-client.ts'
import { createApp } from './app.ts'
import { createAuthenticate, trustedIssuer } from './authenticate.ts'
import { type GatewayConfiguration, gatewaySettings } from './configuration.ts'
import { openKeyStore } from './key-store.ts'
import { insureLimiter } from './limiter.ts'
import { createModelClient } from './model-client.ts'
import type { GatewayParts } from './parts.ts'
import { reportDatabase } from './report-database.ts'
import { openTokens } from './tokens.ts'

export interface GatewayOptions {
  environment: NodeJS.ProcessEnv
  logStream?: DestinationStream
  /** Replaces parts of the gateway before it starts. */
  change?: (parts: GatewayParts, component: Component) => GatewayParts
}

/**
 * Starts the gateway.
 * @throws ConfigurationError, or the error of listening
 */
export async function startGateway({ environment, logStream, change }: GatewayOptions): Promise<Started> {
  const configuration = readConfiguration(gatewaySettings, environment)
  const component = createComponent('gateway', configuration, logStream)
  const pool = new DatabasePool(configuration.DATABASE_FILE, await requiredSchema())
  reportDatabase(pool, component.metrics.registry)
  const signals = openSignals(configuration.DATABASE_FILE, component.log)
  const built = createParts(configuration, component, pool, signals)
  const parts = change ? change(built, component) : built
  const app = createApp(parts, component, configuration)
  return startComponent(component, app.fetch, async () => {
    await parts.agent.close()
    await parts.models?.close()
    await signals.close()
    await pool.close()
  })
}

function createParts(
  configuration: GatewayConfiguration,
  component: Component,
  pool: DatabasePool,
  signals: Signals,
): GatewayParts {
  const { log, metrics } = component
  const origins = new Set(configuration.CORS_ORIGINS)
  const guardOf = createBreakers(component, configuration, signals)
  return {
    agent: createAgentClient(
      configuration.AGENT_URL,
      configuration.AGENT_TIMEOUT_MS,
      guardOf({ name: 'agent', url: configuration.AGENT_URL }),
      metrics.registry,
    ),
    authenticate: createAuthenticate({
      findToken: openTokens(configuration.TOKENS_FILE, log),
      issuer: trustedIssuer(configuration),
    }),
    keys: openKeyStore(configuration.TOKENS_FILE),
    limiter: createLimiter(configuration, component, pool),
    models: createModels(configuration, guardOf, metrics.registry),
    memories: () => pool.store(createMemoryStore),
    notes: () => pool.store(createNoteStore),
    pinNote: () => pool.store(createPinNote),
    readiness: async () => {
      const agent = await askReady(configuration.AGENT_URL)
      const database = await pool.check()
      return { ready: database.ok && agent.ok, database, dependencies: { agent } }
    },
    allowsOrigin: (origin) => origins.has(origin),
    writeRecord: requestLogger(log),
    middleware: [],
  }
}

function createModels(
  configuration: GatewayConfiguration,
  guardOf: ReturnType<typeof createBreakers>,
  registry: Component['metrics']['registry'],
) {
  const { MODELS: models, MODEL_URL: url, MODEL_TIMEOUT_MS: timeoutMs } = configuration
  if (models.length === 0) return null
  if (url === undefined) throw new ConfigurationError('MODELS names models, and MODEL_URL is not set')
  const apiKey = openSecret('MODEL_API_KEY', configuration.MODEL_API_KEY, configuration.MODEL_API_KEY_FILE)
  return createModelClient({ models, url, apiKey, timeoutMs }, guardOf({ name: 'model', url }), registry)
}

function createLimiter(configuration: GatewayConfiguration, { log }: Component, pool: DatabasePool) {
  const perMinute = configuration.RATE_LIMIT_PER_MINUTE
  const limit: RateLimit = { perMinute, burst: configuration.RATE_LIMIT_BURST || perMinute }
  const create = (database: Parameters<typeof createSharedLimiter>[0]) => createSharedLimiter(database, limit)
  return insureLimiter((caller) => pool.store(create)(caller), limit, log)
}
