import type { KindOfTarget } from '../kind-of-target.ts'
import type { Workload } from '../target.ts'

/** How a version of the test service behaves; see `testing/service/main.ts`. */
export type Behaviour = 'good' | 'crash' | 'never' | 'hungry'

export type WorldOptions = {
  /** How long a new instance may take to be ready. */
  readonly readyTimeoutMs: number
}

export type MakeWorld = (options: WorldOptions) => Promise<ContractWorld>

/** An empty environment for one test, with real instances of the test service. */
export type ContractWorld = {
  readonly target: KindOfTarget
  /** From a call that changed weights until the router gives no request by the old ones. */
  readonly zeroWithinMs: number
  workload(version: string, behaviour?: Behaviour, replicas?: number): Promise<Workload>
  /** Ends everything; throws when something of the environment is still there afterwards. */
  end(): Promise<void>
}

/** Long enough for a machine that has other things to do. */
const PATIENT: WorldOptions = { readyTimeoutMs: 15_000 }

/** Runs one test in a world of its own and leaves nothing behind, however the test ends. */
export function inWorld(
  makeWorld: MakeWorld,
  body: (world: ContractWorld) => Promise<void>,
  options: WorldOptions = PATIENT,
): () => Promise<void> {
  return async () => {
    const world = await makeWorld(options)
    try {
      await body(world)
    } finally {
      await world.end()
    }
  }
}

/** A stable version that has all traffic, as after a deployment that ended well. */
export async function withStable({ target, workload }: ContractWorld, version: string): Promise<void> {
  await mustDo(target.deploy(await workload(version), `deploy ${version}`))
  await mustDo(target.setWeights({ [version]: 100 }, `all to ${version}`))
  await mustDo(target.promote(version, `promote ${version}`))
}

/** A stable version and a canary that is ready and has no traffic yet. */
export async function withCanary(world: ContractWorld, stable: string, canary: string): Promise<void> {
  await withStable(world, stable)
  await mustDo(world.target.deploy(await world.workload(canary), `deploy ${canary}`))
}

export async function mustDo(outcome: ReturnType<KindOfTarget['deploy']>): Promise<void> {
  const settled = await outcome
  if (!settled.ok) throw new Error(`${settled.code}: ${settled.detail}`)
}
