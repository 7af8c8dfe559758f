import { z } from 'zod'
import { breakerSettings } from '../runtime/breaker.ts'
import { processSettings, settings } from '../runtime/configuration.ts'

/** What the gateway reads from its environment; the table is in clawdbot/README.md. */
export const gatewaySettings = processSettings.extend({
  PORT: settings.port.default(8080),
  DATABASE_FILE: z.string(),
  AGENT_URL: settings.url,
  TOKENS_FILE: z.string(),
  MODELS: settings.list,
  MODEL_URL: settings.url.optional(),
  MODEL_API_KEY: z.string().min(1).optional(),
  MODEL_API_KEY_FILE: z.string().min(1).optional(),
  MODEL_TIMEOUT_MS: settings.whole(60_000, 1),
  CORS_ORIGINS: settings.list,
  RATE_LIMIT_PER_MINUTE: settings.whole(600, 1),
  RATE_LIMIT_BURST: settings.whole(0).describe('0 means a minute’s worth'),
  AGENT_TIMEOUT_MS: settings.whole(15_000, 1),
  ...breakerSettings,
  OIDC_ISSUER: z.string().optional(),
  OIDC_AUDIENCE: z.string().default('clawdbot'),
  OIDC_JWKS_URL: settings.url.optional(),
})

export type GatewayConfiguration = z.infer<typeof gatewaySettings>
