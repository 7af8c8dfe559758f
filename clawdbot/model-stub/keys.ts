import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { z } from 'zod'
import { ConfigurationError } from '../runtime/configuration.ts'

const keysFile = z.strictObject({ sha256: z.array(z.string().regex(/^[0-9a-f]{64}$/)).min(1) })

/**
 * Tells whether a request brings one of the keys whose hashes are in the file; without a file every request does. The
 * file is read for each request, as a provider's console takes effect at once.
 * @throws ConfigurationError when the file cannot be read at the start
 */
export function openKeys(file: string | undefined): (authorization: string | undefined) => boolean {
  if (file === undefined) return () => true
  const read = () => new Set(keysFile.parse(JSON.parse(readFileSync(file, 'utf8'))).sha256)
  try {
    read()
  } catch (error) {
    const [reason] = (error as Error).message.split('\n')
    throw new ConfigurationError(
      `API_KEYS_FILE ${file} cannot be read: ${reason}; it holds {"sha256": ["…"]}`,
    )
  }
  return (authorization) => {
    const key = authorization?.replace(/^Bearer +/i, '') ?? ''
    return read().has(createHash('sha256').update(key).digest('hex'))
  }
}
