import { parseArgs } from 'node:util'
import { ConfigurationError } from '../runtime/configuration.ts'

/** Options with their defaults. @throws ConfigurationError for one that there is not, or that has no value */
export function optionsOf<T extends Readonly<Record<string, string>>>(
  args: readonly string[],
  defaults: T,
): T {
  const options = Object.fromEntries(Object.keys(defaults).map((name) => [name, { type: 'string' as const }]))
  try {
    return { ...defaults, ...(parseArgs({ args: [...args], options, strict: true }).values as Partial<T>) }
  } catch (error) {
    const known = Object.keys(defaults).map((name) => `--${name}`)
    throw new ConfigurationError(`${(error as Error).message.split('.')[0]}; there are ${known.join(', ')}`)
  }
}
