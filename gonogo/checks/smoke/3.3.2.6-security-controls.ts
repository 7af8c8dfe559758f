import { type CheckContext, type CheckResult, defineCheck } from '../check.ts'
import { type Matrix, matrixSchema, tryMatrix } from '../live/access-matrix.ts'
import { releaseInstances } from '../live/instances.ts'

export const check = defineCheck<Matrix>({
  id: '3.3.2.6',
  title: 'Verify security controls',
  config: matrixSchema,
  limitMs: 60_000,
  run,
})

/** 1.2.4's matrix on a new instance where it is deployed to. */
async function run(ctx: CheckContext, matrix: Matrix): Promise<CheckResult> {
  const [instance] = await releaseInstances(ctx, ctx.environment)
  return tryMatrix(ctx, ctx.environment, instance, matrix)
}
