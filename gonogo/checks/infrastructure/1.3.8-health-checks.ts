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
import { clusterOf, isOnCluster } from '../live/service-cluster.ts'
import { readingEvidence } from '../reading.ts'
import { isProbed, unreadyGetsTraffic } from './pod-readiness.ts'

const LOOK_EVERY_MS = 100

const config = z.strictObject({
  /** How soon an instance that stopped answering must be taken for not ready, in seconds. */
  within: z.number().positive().max(60).default(15),
  /**
   * On a cluster, where nobody stops a pod from outside: settings with which a pod of the release runs and cannot serve, such
   * as the address of a dependency where nothing listens. A copy of a pod gets them.
   */
  unready: z
    .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/), z.string())
    .refine((settings) => Object.keys(settings).length > 0, 'names no setting')
    .optional(),
  /** How long a copy of a pod may take until it serves, in seconds. */
  startsWithin: z.number().positive().max(120).default(60),
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
  limitMs: 240_000,
  run: readingEvidence(run),
})

/**
 * The public component of the release declares both probes, they are no catch-all, and an instance in staging that is
 * stopped for a moment is taken for not ready, which takes it out of the routing, and comes back. On a cluster a copy of it
 * that cannot serve gets no traffic, and one that can does.
 */
async function run(ctx: CheckContext, { within, ...copies }: Config): Promise<CheckResult> {
  const staging = stagingOf(ctx)
  const there = { ...ctx, environment: staging }
  const [instance] = await releaseInstances(ctx, staging)
  const { readyPath, healthPath } = instance
  const isPod = isOnCluster(there)
  const rest = {
    claim: { component: instance.component, readyPath, healthPath },
    source: `${instance.id} in ${staging.name}`,
    population: isPod ? '2 copies of a pod, one of which cannot serve' : '1 instance, stopped for a moment',
  }
  if (readyPath === null || healthPath === null) {
    const missing = readyPath === null ? 'readiness' : 'liveness'
    if (isPod && (await isProbed(clusterOf(there), instance.id, missing)))
      throw new CheckProblem(
        `the ${missing} probe of ${instance.component} is no httpGet, and no other can be asked`,
      )
    return fail(`${instance.component} declares no ${missing} probe`, rest)
  }
  if (readyPath === healthPath)
    return fail(`readiness and liveness are one path, ${readyPath}: a busy instance would be restarted`, rest)
  const made = new URL(readyPath, instance.url)
  made.pathname += `-gonogo-${Date.now().toString(36)}`
  const [ready, other] = [
    await probe(ctx.signal, instance.url, readyPath),
    await probe(ctx.signal, instance.url, made.href),
  ]
  if (ready.status !== 200 || objectOf(ready) === null)
    return fail(`${readyPath} answers ${ready.status} ${ready.mediaType}, not 200 with JSON`, rest)
  if (other.status === 200)
    return fail(`${readyPath} proves nothing: a path that is not there answers 200 as well`, rest)
  const problem = isPod
    ? await copied(there, instance, copies, within)
    : await stopped(ctx, staging, instance, within)
  if (problem !== null) return fail(problem, rest)
  const seen = isPod
    ? 'a copy of a pod that cannot serve got no traffic, and one that can did'
    : 'an instance that was stopped lost its readiness and got it back'
  return pass(`${healthPath} and ${readyPath} are probed; ${seen}`, rest)
}

/** What the routing does with a pod that runs and cannot serve. */
async function copied(
  there: CheckContext,
  instance: Instance,
  { unready, startsWithin }: Omit<Config, 'within'>,
  within: number,
): Promise<string | null> {
  if (unready === undefined)
    throw new CheckProblem(
      `what the readiness of ${instance.id} does is not known: give checks.1.3.8.unready settings with which a pod runs and cannot serve`,
    )
  const options = { settings: unready, forMs: within * 1000, startsWithinMs: startsWithin * 1000 }
  return unreadyGetsTraffic(clusterOf(there), instance, options, there.signal)
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
