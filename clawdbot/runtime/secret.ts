import { readFileSync } from 'node:fs'
import { ConfigurationError } from './configuration.ts'

/**
 * A secret from the environment or from a file. The file is read at each use, so that a key that was replaced counts
 * from the next request on, without a restart; one that cannot be read then leaves the last one in force.
 * @throws ConfigurationError when both are given, or the file cannot be read at the start
 */
export function openSecret(name: string, value: string | undefined, file: string | undefined): () => string {
  if (file === undefined) return () => value ?? 'none'
  if (value !== undefined) throw new ConfigurationError(`${name} and ${name}_FILE are both set; keep one`)
  let last = ''
  const read = () => {
    last = readFileSync(file, 'utf8').trim()
    return last
  }
  try {
    read()
  } catch (error) {
    throw new ConfigurationError(`${name}_FILE ${file} cannot be read: ${(error as Error).message}`)
  }
  return () => {
    try {
      return read()
    } catch {
      return last
    }
  }
}
