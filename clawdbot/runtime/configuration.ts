import { readFileSync } from 'node:fs'
import { parseEnv } from 'node:util'
import { z } from 'zod'
import { VERSION } from '../version.ts'

/** Wrong configuration: the process must not start. `message` is one line that names variable and remedy. */
export class ConfigurationError extends Error {}

const whole = (fallback: number, minimum = 0) => z.coerce.number().int().min(minimum).default(fallback)

export const settings = {
  whole,
  port: z.coerce.number().int().min(0).max(65_535),
  url: z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// address' }),
  list: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter(Boolean),
    ),
}

/** What every process reads from its environment. Times in milliseconds. */
export const processSettings = z.object({
  PORT: settings.port,
  HOST: z.string().default('127.0.0.1'),
  CLAWDBOT_VERSION: z.string().min(1).default(VERSION),
  INSTANCE: z.string().min(1).optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  DRAIN_DELAY_MS: whole(500),
  DRAIN_TIMEOUT_MS: whole(25_000, 1),
})

export type ProcessSettings = z.infer<typeof processSettings>

/**
 * The environment, with what the file that CONFIG_FILE names says beneath it: NAME=value a line, for all processes alike.
 * @throws ConfigurationError when it cannot be read, or a line is something else
 */
export function withFile(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { CONFIG_FILE: file } = environment
  if (!file) return environment
  try {
    const text = readFileSync(file, 'utf8')
    for (const [n, line] of text.split(/\r?\n/).entries())
      if (!/^\s*(?:#.*|(?:export\s+)?[A-Z][A-Z0-9_]*\s*=.*)?$/.test(line))
        throw new Error(`line ${n + 1} is not NAME=value`)
    return { ...parseEnv(text), ...environment }
  } catch (error) {
    throw new ConfigurationError(`CONFIG_FILE ${file} cannot be read: ${(error as Error).message}`)
  }
}

/**
 * The environment read by `schema`. Empty variables count as absent.
 * @throws ConfigurationError naming every wrong variable, in one line, without any value (values may be secret)
 */
export function readConfiguration<T extends z.ZodType>(
  schema: T,
  environment: NodeJS.ProcessEnv,
): z.infer<T> {
  const given = Object.fromEntries(Object.entries(withFile(environment)).filter(([, value]) => value !== ''))
  // A database is one or the other; what every process reads is one name.
  if (given.DATABASE_URL !== undefined) given.DATABASE_FILE = given.DATABASE_URL
  const read = schema.safeParse(given, { reportInput: false })
  if (read.success) return read.data
  const complaints = read.error.issues.map((issue) => {
    const name = issue.path.join('.')
    return name in given ? `${name}: ${issue.message}` : `${name} is not set`
  })
  throw new ConfigurationError(`${complaints.join('; ')} (see clawdbot/README.md, Configuration)`)
}
