import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { ReadingProblem } from '../reading-problem.ts'

const REFERENCE = /^\$\{(?<kind>env|file):(?<name>[^}]+)\}$/

/**
 * `${env:NAME}` and `${file:PATH}` are looked up each time, so that a rotated secret is seen; any other text is itself.
 * Throws a ReadingProblem with `where`, the key of the service file.
 */
export async function lookUp(root: string, text: string, where: string): Promise<string> {
  const { kind, name = '' } = REFERENCE.exec(text)?.groups ?? {}
  if (kind === undefined) return text
  const value =
    kind === 'env' ? process.env[name] : await readFile(resolve(root, name), 'utf8').catch(() => undefined)
  const found = value?.trim()
  if (found) return found
  throw new ReadingProblem(
    'missing',
    where,
    `${kind === 'env' ? `the variable ${name}` : name} cannot be read or is empty`,
  )
}
