import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import type { Instance } from '#targets/target.ts'
import {
  type CheckContext,
  CheckProblem,
  type CheckResult,
  defineCheck,
  type EnvironmentAccess,
  fail,
  pass,
} from '../check.ts'
import { releaseInstances, stagingOf } from '../live/instances.ts'
import { probe } from '../live/probe.ts'
import { objectOf } from '../live/readiness.ts'

const LOOK_EVERY_MS = 100

const config = z.strictObject({
  /** How soon an instance that stopped answering must be taken for not ready, in seconds. */
  within: z.number().positive().max(60).default(15),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '1.3.8',
  title: 'Load balancer health checks configured',
  config,
  bound: (service) => service.staging !== undefined,
  recheck: false,
  // Whoever asks the instance while it is stopped would wait in vain.
  after: ['1.2.4', '1.2.5', '1.2.6'],
  limitMs: 90_000,
  run,
})

/**
 * The public component of the release declares both probes, they are no catch-all, and an instance in staging that is
 * stopped for a moment is taken for not ready, which takes it out of the routing, and comes back.
 */
async function run(ctx: CheckContext, { within }: Config): Promise<CheckResult> {
  const staging = stagingOf(ctx)
  const [instance] = await releaseInstances(ctx, staging)
  const { readyPath, healthPath } = instance
  const rest = {
    claim: { component: instance.component, readyPath, healthPath },
    source: `${instance.id} in ${staging.name}`,
    population: '1 instance, stopped for a moment',
  }
  if (readyPath === null || healthPath === null)
    return fail(
      `${instance.component} declares no ${readyPath === null ? 'readiness' : 'liveness'} probe`,
      rest,
    )
  if (readyPath === healthPath)
    return fail(`readiness and liveness are one path, ${readyPath}: a busy instance would be restarted`, rest)
  const made = `${readyPath}-gonogo-${Date.now().toString(36)}`
  const [ready, other] = [
    await probe(ctx.signal, instance.url, readyPath),
    await probe(ctx.signal, instance.url, made),
  ]
  if (ready.status !== 200 || objectOf(ready) === null)
    return fail(`${readyPath} answers ${ready.status} ${ready.mediaType}, not 200 with JSON`, rest)
  if (other.status === 200)
    return fail(`${readyPath} proves nothing: a path that is not there answers 200 as well`, rest)
  const problem = await stopped(ctx, staging, instance, within)
  if (problem !== null) return fail(problem, rest)
  return pass(
    `${healthPath} and ${readyPath} are probed; an instance that was stopped lost its readiness and got it back`,
    rest,
  )
}

/** Stops the instance's process, waits until the target has noticed, and lets it go on. */
async function stopped(
  ctx: CheckContext,
  staging: EnvironmentAccess,
  { id, pid }: Instance,
  within: number,
): Promise<string | null> {
  if (pid === null)
    throw new CheckProblem(`${id} cannot be stopped from here, so what its readiness does is not known`)
  process.kill(pid, 'SIGSTOP')
  try {
    if (!(await becomes(ctx, staging, id, false, within)))
      return `${id} was stopped, and is still taken for ready after ${within} s`
  } finally {
    process.kill(pid, 'SIGCONT')
  }
  return (await becomes(ctx, staging, id, true, within))
    ? null
    : `${id} goes on, and is not taken for ready again after ${within} s`
}

async function becomes(
  ctx: CheckContext,
  staging: EnvironmentAccess,
  id: string,
  ready: boolean,
  within: number,
): Promise<boolean> {
  const until = performance.now() + within * 1000
  while (performance.now() < until) {
    const { instances } = await staging.target.observe()
    if (instances.find((one) => one.id === id)?.ready === ready) return true
    await wait(LOOK_EVERY_MS, undefined, { signal: ctx.signal })
  }
  return false
}
