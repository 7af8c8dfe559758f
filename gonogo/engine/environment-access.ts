import { resolve } from 'node:path'
import { CheckProblem, type EnvironmentAccess } from '#checks/check.ts'
import { lookUp } from '#connectors/secret-reference/index.ts'
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

async function accessValue(
  root: string,
  environment: string,
  declared: Readonly<Record<string, string>>,
  key: string,
): Promise<string> {
  const where = `environments.${environment}.access.${key}`
  const text = declared[key]
  if (text === undefined) throw new CheckProblem(`${where} is not declared; add it to the service file`)
  return lookUp(root, text, where).catch((problem: Error) => {
    throw new CheckProblem(problem.message)
  })
}
