import type { Instance } from '#targets/target.ts'
import { type CheckContext, CheckProblem, type EnvironmentAccess } from '../check.ts'

/** The environment that evidence for phases 1 and 2 comes from. Throws a CheckProblem when none is declared. */
export function stagingOf(ctx: CheckContext): EnvironmentAccess {
  const { staging } = ctx.service
  if (staging === undefined)
    throw new CheckProblem('no staging environment is declared; add staging: NAME to the service file')
  return ctx.environmentNamed(staging)
}

export type Instances = readonly [Instance, ...Instance[]]

/**
 * Instances of this release, by its digest, that run in the environment: of the public component, or of the one named.
 * Throws a CheckProblem when there is none, or when one of them was started from another digest.
 */
export async function releaseInstances(
  ctx: CheckContext,
  environment: EnvironmentAccess,
  component?: string,
): Promise<Instances> {
  const all = await allReleaseInstances(ctx, environment)
  const [first, ...others] = all.filter((i) =>
    component === undefined ? i.isPublic : i.component === component,
  )
  const name = component ?? 'the public component'
  if (!first)
    throw new CheckProblem(`no instance of ${name} of ${ctx.release.version} runs in ${environment.name}`)
  return [first, ...others]
}

/** The same of every component. */
export async function allReleaseInstances(
  ctx: CheckContext,
  environment: EnvironmentAccess,
): Promise<Instances> {
  const [first, ...others] = await environment.candidates()
  if (!first) throw new CheckProblem(`no instance of ${ctx.release.version} runs in ${environment.name}`)
  const other = [first, ...others].find((i) => i.digest !== ctx.release.digest)
  if (other)
    throw new CheckProblem(
      `${other.id} in ${environment.name} runs ${other.digest.slice(0, 19)}…, the release is ${ctx.release.digest.slice(0, 19)}…`,
    )
  return [first, ...others]
}

/** The whole log of an instance as a file. Throws a CheckProblem where it keeps none that can be read. */
export async function logFileOf({ target }: EnvironmentAccess, instance: Instance): Promise<string> {
  const file = instance.logFile ?? (await target.fetchLog?.(instance.id))
  if (!file) throw new CheckProblem(`${instance.id} keeps no log that can be read`)
  return file
}
