import type { Instance } from '#targets/target.ts'
import { type CheckContext, CheckProblem, type EnvironmentAccess } from '../check.ts'
import { allReleaseInstances } from './instances.ts'
import { type Answer, jsonOf, probe } from './probe.ts'

export type ReadyReport = {
  readonly instance: Instance
  readonly answer: Answer
  /** The answer as an object; null when it is anything else. */
  readonly body: Readonly<Record<string, unknown>> | null
}

/**
 * What every instance of the release that has a readiness probe says of itself. Throws a CheckProblem when none has one,
 * or when one cannot be reached.
 */
export async function readyReports(
  ctx: CheckContext,
  environment: EnvironmentAccess,
): Promise<readonly ReadyReport[]> {
  const all = await allReleaseInstances(ctx, environment)
  const probed = all.filter((i) => i.readyPath !== null)
  if (probed.length === 0)
    throw new CheckProblem(`no component in ${environment.name} has a readiness probe; declare ready: PATH`)
  return Promise.all(
    probed.map(async (instance) => {
      const answer = await probe(ctx.signal, instance.url, instance.readyPath ?? '/')
      return { instance, answer, body: objectOf(answer) }
    }),
  )
}

/** The body of an answer that is a JSON object; null for everything else. */
export function objectOf(answer: Answer): Readonly<Record<string, unknown>> | null {
  const body = jsonOf(answer)
  return isObject(body) ? body : null
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
