import { z } from 'zod'
import type { Json } from '#core/json.ts'
import type { Instance } from '#targets/target.ts'
import { type CheckContext, CheckProblem, type EnvironmentAccess } from '../check.ts'
import { allReleaseInstances } from './instances.ts'
import { probe } from './probe.ts'

/** What stands in for something outside, and can be told how to behave. */
export const stubSchema = z.strictObject({
  /** The component that runs beside the one under test. */
  component: z.string(),
  /** Where it is told. */
  path: z.string().startsWith('/'),
  method: z.enum(['PUT', 'POST']).default('PUT'),
  /** What puts it back. */
  normal: z.json(),
})

export type Stub = z.infer<typeof stubSchema>

export type HeldStub = { readonly instance: Instance; tell(behaviour: Json): Promise<void> }

/**
 * The stub that serves this instance, for one check at a time: what another told it meanwhile would be taken for the
 * service's doing. It is put back at the end, whatever happened.
 */
export async function withStub<T>(
  ctx: CheckContext,
  environment: EnvironmentAccess,
  user: Instance,
  stub: Stub,
  work: (held: HeldStub) => Promise<T>,
): Promise<T> {
  const instance = await companionOf(ctx, environment, user, stub.component)
  const tell = async (behaviour: Json, signal = ctx.signal) => {
    const answer = await probe(signal, instance.url, stub.path, {
      method: stub.method,
      body: behaviour as object,
    })
    if (answer.status < 200 || answer.status > 299)
      throw new CheckProblem(`${answer.asked}: answers ${answer.status}; the stub was not told`)
  }
  return alone(instance.url, async () => {
    try {
      return await work({ instance, tell })
    } finally {
      await tell(stub.normal, AbortSignal.timeout(PUT_BACK_MS))
    }
  })
}

const PUT_BACK_MS = 5000

/** The instance of another component that runs in the same stack as `user`, or the only one there is. */
export async function companionOf(
  ctx: CheckContext,
  environment: EnvironmentAccess,
  user: Instance,
  component: string,
): Promise<Instance> {
  const all = (await allReleaseInstances(ctx, environment)).filter((one) => one.component === component)
  const place = ({ id, component: name }: Instance) => id.slice(name.length)
  const found = all.find((one) => place(one) === place(user)) ?? (all.length === 1 ? all[0] : undefined)
  if (found) return found
  throw new CheckProblem(
    all.length === 0
      ? `no instance of ${component} of ${ctx.release.version} runs in ${environment.name}`
      : `which of ${all.length} instances of ${component} serves ${user.id} is not known`,
  )
}

const queues = new Map<string, Promise<unknown>>()

/** One after the other for each key. */
async function alone<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = queues.get(key) ?? Promise.resolve()
  const mine = before.then(work, work)
  queues.set(
    key,
    mine.catch(() => undefined),
  )
  return mine
}
