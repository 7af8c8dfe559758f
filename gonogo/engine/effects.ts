import { appendFile, mkdir, readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { Effect, EffectSettled } from '#core/events.ts'
import type { Release } from '#core/release.ts'
import type { Service } from '#core/service.ts'
import type { DeploymentState } from '#core/state.ts'
import type { Outcome, Target, Workload } from '#targets/target.ts'

export type EffectWorld = {
  /** Folder of the service file. */
  readonly root: string
  readonly service: Service
  readonly target: Target
  /** Epoch ms of the last request that a version was given; null where the target does not count. */
  lastRequestAt(version: string): Promise<number | null>
  /** Writes a report from the log and answers with its digest. */
  report(name: 'report' | 'incident', state: DeploymentState): Promise<{ digest: string; path: string }>
}

type Settled = Pick<EffectSettled, 'ok' | 'code' | 'detail' | 'lastRequestAtMs' | 'failedRequests'>

/** Does one effect under its key. Never throws: what goes wrong is an outcome with a code. */
export async function perform(
  world: EffectWorld,
  state: DeploymentState,
  key: string,
  effect: Effect,
): Promise<Settled> {
  try {
    return await act(world, state, key, effect)
  } catch (error) {
    return {
      ok: false,
      code: 'broken',
      detail: error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error),
    }
  }
}

async function act(
  world: EffectWorld,
  state: DeploymentState,
  key: string,
  effect: Effect,
): Promise<Settled> {
  const { target } = world
  // What failed is tried again under a key of its own: the same one would only be answered as before.
  const failures = state.effects[key]?.failures ?? 0
  const unique = `${state.id}/${key}${failures > 0 ? `#${failures}` : ''}`
  switch (effect.kind) {
    case 'deploy':
      return settled(await target.deploy(workloadOf(state.opened.release, effect.replicas), unique))
    case 'scale':
      return settled(await target.scale(effect.version, effect.replicas, unique))
    case 'weights':
      return settled(await target.setWeights(effect.weights, unique))
    case 'promote':
      return settled(await target.promote(effect.version, unique))
    case 'cleanup':
      return settled(await target.cleanup(effect.keep, unique))
    case 'revert':
      return revert(world, effect.version, effect.drop, unique)
    case 'migrate':
      return settled(await migrate(target, state.opened.release, effect, unique))
    case 'notify':
      return notify(world, state, key, effect.audience, effect.message)
    case 'report': {
      const { path, digest } = await world.report(effect.name, state)
      return { ok: true, code: null, detail: `${path} ${digest}` }
    }
  }
}

const settled = (outcome: Outcome): Settled => ({
  ok: outcome.ok,
  code: outcome.ok ? null : outcome.code,
  detail: outcome.detail,
})

export const workloadOf = ({ version, artifact, digest, config }: Release, replicas: number): Workload => ({
  version,
  artifact,
  digest,
  replicas,
  config,
})

const migrate = (
  target: Target,
  release: Release,
  { direction, to }: Extract<Effect, { kind: 'migrate' }>,
  key: string,
): Promise<Outcome> => target.migrate({ workload: workloadOf(release, 0), direction, to }, key)

/** Counts what the dropped version did wrong before it is gone. */
async function revert(world: EffectWorld, version: string, drop: string, key: string): Promise<Settled> {
  const outcome = await world.target.revert(version, drop, key)
  const unread: string[] = []
  // Going back has worked or not, whatever can be counted afterwards; why something cannot is said beside it.
  const read = <T>(what: string, asked: Promise<T>): Promise<T | null> =>
    asked.catch((error: Error) => {
      unread.push(`; ${what} cannot be read: ${error.message}`)
      return null
    })
  const lastRequestAtMs = await read('its last request', world.lastRequestAt(drop))
  const scrape = await read('its counters', world.target.metrics.sample())
  const dropped = scrape?.instances.filter((i) => i.version === drop)
  const failedRequests = dropped ? dropped.reduce((sum, i) => sum + i.errors, 0) : null
  const { detail, ...rest } = settled(outcome)
  return { ...rest, detail: `${detail}${unread.join('')}`, lastRequestAtMs, failedRequests }
}

/** Channels that are files here; each message once, by its key. Other channels are connectors. */
async function notify(
  world: EffectWorld,
  state: DeploymentState,
  key: string,
  audience: string,
  message: string,
): Promise<Settled> {
  const declared = world.service.audiences[audience]
  if (!declared)
    return { ok: false, code: 'no-audience', detail: `audience ${audience} is not declared under audiences:` }
  if (!declared.file)
    return { ok: true, code: null, detail: `${declared.channel}: no connector, for a person to send` }
  const file = resolve(world.root, declared.file)
  const id = `${state.id}/${key}`
  const sent = await readFile(file, 'utf8').catch(() => '')
  if (!sent.includes(`"${id}"`)) {
    await mkdir(dirname(file), { recursive: true })
    await appendFile(file, `${JSON.stringify({ id, channel: declared.channel, message })}\n`)
  }
  return { ok: true, code: null, detail: `delivered to ${declared.channel} (${declared.file})` }
}
