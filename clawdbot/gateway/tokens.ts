import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import { ConfigurationError } from '../runtime/configuration.ts'
import type { Log } from '../runtime/log.ts'
import type { Principal } from './principal.ts'

const tokenEntry = z.strictObject({
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'must be the SHA-256 of the token, 64 lower-case hex digits'),
  caller: z.string().min(1),
  user: z.string().min(1),
  roles: z.array(z.enum(['user', 'admin'])).min(1),
  expiresAt: z.iso.datetime({ offset: true }),
  agents: z.array(z.string()).default(['*']),
  tools: z.array(z.string()).default(['*']),
})

export type TokenEntry = z.output<typeof tokenEntry>

/** The tokens file. A caller may have several tokens at once: that is how they are rotated without a gap. */
export const tokensFile = z.strictObject({ tokens: z.array(tokenEntry) })

/** A token's holder and when the token ends (milliseconds since the epoch). */
export interface KnownToken {
  principal: Principal
  expiresAtMs: number
}

const LOOK_AGAIN_MS = 1000

/**
 * Finds tokens by their hash; the tokens themselves are nowhere. The file is read again within a second of a change;
 * a file that cannot be read then leaves the last good one in force and is logged.
 * @throws ConfigurationError when the file cannot be read at the start
 */
export function openTokens(file: string, log: Log, clock: () => number = Date.now) {
  let { tokens, changedAtMs } = readTokens(file)
  let lookedAtMs = clock()
  return (token: string): KnownToken | undefined => {
    if (clock() - lookedAtMs >= LOOK_AGAIN_MS) {
      lookedAtMs = clock()
      try {
        if (statSync(file).mtimeMs !== changedAtMs) ({ tokens, changedAtMs } = readTokens(file))
      } catch (error) {
        log.error({ file, reason: (error as Error).message }, 'tokens file not read again')
      }
    }
    return tokens.get(createHash('sha256').update(token).digest('hex'))
  }
}

function readTokens(file: string): { tokens: ReadonlyMap<string, KnownToken>; changedAtMs: number } {
  try {
    const changedAtMs = statSync(file).mtimeMs
    const read = tokensFile.parse(JSON.parse(readFileSync(file, 'utf8')))
    const tokens = new Map(
      read.tokens.map(({ sha256, expiresAt, ...principal }) => [
        sha256,
        { principal, expiresAtMs: Date.parse(expiresAt) },
      ]),
    )
    return { tokens, changedAtMs }
  } catch (error) {
    const reason =
      error instanceof z.ZodError ? z.prettifyError(error).replace(/\s+/g, ' ') : (error as Error).message
    throw new ConfigurationError(`TOKENS_FILE ${file} cannot be read: ${reason}`)
  }
}
