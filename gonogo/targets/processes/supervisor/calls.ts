import { digestOf } from '#core/json.ts'
import type { Outcome } from '#targets/target.ts'
import type { Call } from '../protocol.ts'
import type { CallRecord, SavedState } from './saved-state.ts'
import { promote, revert, setWeights } from './traffic-calls.ts'
import { cleanup, deploy, scale } from './workload-calls.ts'
import type { World } from './world.ts'

const REMEMBERED = 500

/**
 * Runs each call under its key. The same key again joins a call that is under way; answers a failure as it was; and else
 * makes true again what the call made true, unless a later call changed it on purpose.
 */
export class Calls {
  readonly #world: World
  readonly #underWay = new Map<string, Promise<Outcome>>()

  constructor(world: World) {
    this.#world = world
  }

  async run(call: Call): Promise<Outcome> {
    const { state } = this.#world.stateFile
    const request = digestOf({ ...call, key: null })
    const known = state.calls.find((record) => record.key === call.key)
    if (known && known.request !== request)
      return refused('key-reused', `the key ${call.key} was given to another call; use a new one`)
    const running = this.#underWay.get(call.key)
    if (running) return running
    if (known?.outcome?.ok === false) return known.outcome
    if (known && isSuperseded(state, call, known) && !isTrue(state, call))
      return refused(
        'superseded',
        `a later call changed what ${call.method} ${call.key} had done; nothing was done again`,
      )
    const run = this.#perform(call, known ?? remember(state, call, request))
    this.#underWay.set(call.key, run)
    try {
      return await run
    } finally {
      this.#underWay.delete(call.key)
    }
  }

  async #perform(call: Call, record: CallRecord): Promise<Outcome> {
    const outcome = await act(this.#world, call)
    const answer = record.outcome?.ok && outcome.ok ? record.outcome : outcome
    record.outcome = answer
    await this.#world.stateFile.save()
    return answer
  }
}

function act(world: World, call: Call): Promise<Outcome> {
  switch (call.method) {
    case 'deploy':
      return deploy(world, call.workload)
    case 'scale':
      return scale(world, call.version, call.replicas)
    case 'setWeights':
      return setWeights(world, call.weights)
    case 'promote':
      return promote(world, call.version)
    case 'revert':
      return revert(world, call.version, call.drop)
    case 'cleanup':
      return cleanup(world, call.keep)
  }
}

function remember(state: SavedState, call: Call, request: string): CallRecord {
  const record: CallRecord = { key: call.key, seq: ++state.seq, request, outcome: null }
  state.calls.push(record)
  state.calls.splice(0, state.calls.length - REMEMBERED)
  for (const part of partsOf(state, call)) state.touched[part] = record.seq
  return record
}

const isSuperseded = (state: SavedState, call: Call, record: CallRecord): boolean =>
  partsOf(state, call).some((part) => (state.touched[part] ?? 0) > record.seq)

/** What a call changes. A deployment changes what a cleanup left; a cleanup changes each version that it ends. */
function partsOf(state: SavedState, call: Call): string[] {
  switch (call.method) {
    case 'deploy':
      return [`version:${call.workload.version}`, 'versions']
    case 'scale':
      return [`version:${call.version}`]
    case 'setWeights':
      return ['weights']
    case 'promote':
      return ['stable']
    case 'revert':
      return ['weights', 'stable', `version:${call.version}`, `version:${call.drop}`]
    case 'cleanup':
      return [
        'versions',
        ...Object.keys(state.versions)
          .filter((v) => !call.keep.includes(v))
          .map((v) => `version:${v}`),
      ]
  }
}

/** Whether the declared state is as the call left it; that processes die is repaired by the call itself. */
function isTrue(state: SavedState, call: Call): boolean {
  switch (call.method) {
    case 'deploy':
      return (state.versions[call.workload.version]?.desired ?? 0) >= call.workload.replicas
    case 'scale':
      return state.versions[call.version]?.desired === call.replicas
    case 'setWeights':
      return JSON.stringify(state.weights) === JSON.stringify(call.weights)
    case 'promote':
      return state.stable === call.version
    case 'revert':
      return state.stable === call.version && !(call.drop in state.versions)
    case 'cleanup':
      return Object.keys(state.versions).every((version) => call.keep.includes(version))
  }
}

const refused = (code: string, detail: string): Outcome => ({ ok: false, code, detail })
