import { setTimeout as wait } from 'node:timers/promises'
import type { Migration, Outcome } from '../target.ts'
import { apiMessage, type ClusterApi, type Pod, statusOf } from './cluster-api.ts'
import { JOB_API, type Job, jobName, KEY, MIGRATES, renderJob } from './migration-job.ts'
import { containersOf } from './pods.ts'
import { BadManifest, readMigration } from './read-manifests.ts'
import { configMapOf } from './render.ts'
import { startFailure } from './start-failure.ts'
import { done, refused, type World } from './world.ts'

const LOOK_EVERY_MS = 500
/** A Job whose pods are refused has no condition for that, only events. */
const NO_POD_AFTER_MS = 10_000
/** The API may be away for a while; what runs meanwhile goes on. */
const GRACE_MS = 10 * 60_000
const GONE_WITHIN_MS = 60_000
const TAIL_LENGTH = 2000

type Place = Pick<World, 'config' | 'root' | 'of' | 'api'>

/**
 * Migrates by a Job. Whoever asks again finds it by its name, running or ended, so that it never runs twice; one that failed
 * is made anew only when another key asks. It stays, for whoever wants to read it, until its deployment has ended.
 */
export async function migrate(place: Place, migration: Migration, key: string): Promise<Outcome> {
  const { api, config, of } = place
  try {
    const name = jobName(of, migration, key)
    const others = (await jobsOf(api, of)).filter((job) => job.metadata?.name !== name)
    const running = others.find((job) => !hasEnded(job))
    if (running) return stillRuns(running)
    const found = await api.read<Job>(JOB_API, 'Job', name)
    if (!found || (isFailed(found) && found.metadata?.annotations?.[KEY] !== key)) {
      if (found) await removeJob(api, name)
      await api.apply(configMapOf({ namespace: config.namespace, of, workload: migration.workload }))
      await create(place, migration, key)
    }
    return await untilEnded(place, name)
  } catch (error) {
    if (error instanceof BadManifest) return refused('bad-manifest', error.message)
    const status = statusOf(error)
    if (status === null) throw error
    return refused(status === 403 ? 'forbidden' : 'refused-by-cluster', apiMessage(error))
  }
}

async function create({ api, config, root, of }: Place, migration: Migration, key: string): Promise<void> {
  const manifest = readMigration(config, root)
  const { namespace, migration: { limitMs } = { limitMs: 0 } } = config
  if (!manifest) throw new BadManifest('target.migration is not declared any more')
  try {
    await api.create(renderJob({ namespace, of, manifest, limitMs }, migration, key))
  } catch (error) {
    // An answer that was lost may have been a yes.
    if (statusOf(error) !== 409) throw error
  }
}

/** Two migrations at once would be each other's fault. */
const stillRuns = ({ metadata }: Job): Outcome =>
  refused(
    'in-use',
    `Job ${metadata?.name} in ${metadata?.namespace} still migrates (${metadata?.annotations?.[KEY]}); wait until it has ended, then start again`,
  )

async function untilEnded({ api, config }: Place, name: string): Promise<Outcome> {
  const startedAt = performance.now()
  const deadline = startedAt + (config.migration?.limitMs ?? 0) + GRACE_MS
  for (;;) {
    const outcome = await look(api, config.roomTimeoutMs, name, performance.now() - startedAt).catch(
      (error: unknown) => {
        // An API that is away says nothing about the Job.
        if (statusOf(error) !== null || performance.now() > deadline) throw error
        return null
      },
    )
    if (outcome) return outcome
    await wait(LOOK_EVERY_MS)
  }
}

/** How the Job has ended, or that it never will start; null while it runs. */
async function look(
  api: ClusterApi,
  roomTimeoutMs: number,
  name: string,
  afterMs: number,
): Promise<Outcome | null> {
  const job = await api.read<Job>(JOB_API, 'Job', name)
  if (!job) return refused('migration-failed', `Job ${name} was deleted before it had ended`)
  if (hasEnded(job)) return outcomeOf(api, job)
  // It is decided, its pod may be gone already, and the outcome follows.
  if (conditionOf(job, 'FailureTarget') || conditionOf(job, 'SuccessCriteriaMet')) return null
  const failure = await stuck(api, roomTimeoutMs, name, afterMs)
  if (failure) await removeJob(api, name)
  return failure
}

/** Why its pod will not start; null while it may. */
async function stuck(
  api: ClusterApi,
  roomTimeoutMs: number,
  name: string,
  afterMs: number,
): Promise<Outcome | null> {
  const pods = await podsOfJob(api, name)
  if (pods.length > 0) return startFailure(api, null, pods, roomTimeoutMs)
  if (afterMs < NO_POD_AFTER_MS) return null
  const warning = await api.lastWarning(name)
  return warning ? refused('refused-by-cluster', `Job ${name}: ${warning}`) : null
}

const podsOfJob = (api: ClusterApi, name: string): Promise<Pod[]> =>
  api.list<Pod>('v1', 'Pod', `batch.kubernetes.io/job-name=${name}`)

async function outcomeOf(api: ClusterApi, job: Job): Promise<Outcome> {
  const name = job.metadata?.name ?? ''
  const [pod] = await podsOfJob(api, name)
  const { name: container, state } = (pod && containersOf(pod).at(-1)) ?? {}
  const words = pod && container ? (await api.lastLog(pod.metadata?.name ?? '', container)).trim() : ''
  const said = words ? `; its last words:\n${words.slice(-TAIL_LENGTH)}` : '; its log is empty'
  // One that took too long takes its pod with it.
  const tail = pod ? said : ''
  if (!isFailed(job)) return done(`Job ${name} has migrated${tail}`)
  const { reason, message } = conditionOf(job, 'Failed') ?? {}
  const code = state?.terminated?.exitCode
  const how = code === undefined || code === 0 ? `${reason}: ${message}` : `exit code ${code}`
  return refused('migration-failed', `Job ${name} failed (${how})${tail}`)
}

const conditionOf = (job: Job, type: string) =>
  job.status?.conditions?.find((one) => one.type === type && one.status === 'True')
const isFailed = (job: Job): boolean => conditionOf(job, 'Failed') !== undefined
const hasEnded = (job: Job): boolean => isFailed(job) || conditionOf(job, 'Complete') !== undefined

/** Answers when it is gone, so that its name is free again. */
async function removeJob(api: ClusterApi, name: string): Promise<void> {
  await api.remove(JOB_API, 'Job', name)
  const deadline = performance.now() + GONE_WITHIN_MS
  while (await api.read(JOB_API, 'Job', name)) {
    if (performance.now() > deadline) throw new Error(`Job ${name} is not gone after ${GONE_WITHIN_MS} ms`)
    await wait(LOOK_EVERY_MS)
  }
}

const jobsOf = (api: ClusterApi, of: string): Promise<Job[]> =>
  api.list<Job>(JOB_API, 'Job', `${MIGRATES}=${of}`)

/** Takes away the Jobs that have ended, where migrations are Jobs. */
export async function removeMigrations({ api, config, of }: Omit<Place, 'root'>): Promise<void> {
  if (!config.migration) return
  const ended = (await jobsOf(api, of)).filter(hasEnded)
  await Promise.all(ended.map(({ metadata }) => api.remove(JOB_API, 'Job', metadata?.name ?? '')))
}
