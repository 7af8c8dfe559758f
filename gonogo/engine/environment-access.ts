import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { CheckProblem, type EnvironmentAccess } from '#checks/check.ts'
import type { Service } from '#core/service.ts'
import type { Target } from '#targets/target.ts'

type Parts = {
  readonly root: string
  readonly service: Service
  readonly targets: ReadonlyMap<string, Target>
}

/** An environment as a check sees it. Throws a CheckProblem when it is not declared or not running. */
export function environmentAccess(
  parts: Parts,
  versions: { readonly candidate: string; readonly stable: string | null },
  name: string,
  url: string,
): EnvironmentAccess {
  const target = parts.targets.get(name)
  const declared = parts.service.environments[name]
  if (!target || !declared)
    throw new CheckProblem(
      `the environment ${name} is not declared or not running; see environments: in the service file`,
    )
  const instances = async (wanted: string | null) =>
    (await target.observe()).instances.filter((i) => i.version === wanted)
  const { database } = declared
  return {
    name,
    target,
    url,
    candidates: () => instances(versions.candidate),
    stables: () => instances(versions.stable),
    access: (key) => accessValue(parts.root, name, declared.access, key),
    database: database ? { ...database, file: resolve(parts.root, database.file) } : null,
  }
}

const REFERENCE = /^\$\{(?<kind>env|file):(?<name>[^}]+)\}$/

/** `${env:NAME}` and `${file:PATH}` are looked up when they are wanted, so that a rotated token is seen. */
async function accessValue(
  root: string,
  environment: string,
  declared: Readonly<Record<string, string>>,
  key: string,
): Promise<string> {
  const where = `environments.${environment}.access.${key}`
  const text = declared[key]
  if (text === undefined) throw new CheckProblem(`${where} is not declared; add it to the service file`)
  const { kind, name = '' } = REFERENCE.exec(text)?.groups ?? {}
  if (kind === undefined) return text
  const value =
    kind === 'env' ? process.env[name] : await readFile(resolve(root, name), 'utf8').catch(() => undefined)
  const found = value?.trim()
  if (!found)
    throw new CheckProblem(
      `${where}: ${kind === 'env' ? `the variable ${name}` : name} cannot be read or is empty`,
    )
  return found
}
