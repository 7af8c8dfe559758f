import { type CheckContext, type CheckResult, defineCheck } from '../check.ts'
import { type Matrix, matrixSchema, tryMatrix } from '../live/access-matrix.ts'
import { releaseInstances, stagingOf } from '../live/instances.ts'

export const check = defineCheck<Matrix>({
  id: '1.2.4',
  title: 'Authentication/authorization tested',
  config: matrixSchema,
  limitMs: 60_000,
  run,
})

/** The matrix of who may do what, tried on this release in staging. */
async function run(ctx: CheckContext, matrix: Matrix): Promise<CheckResult> {
  const staging = stagingOf(ctx)
  const [instance] = await releaseInstances(ctx, staging)
  return tryMatrix(ctx, staging, instance, matrix)
}
