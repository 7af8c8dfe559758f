import { digestOf } from '#core/json.ts'
import type { Call, CallRecord } from './call.ts'
import type { Outcome } from './target.ts'

/** What a target declares, with the calls that made it so. */
export type Ledger = {
  calls: CallRecord[]
  seq: number
  readonly touched: Record<string, number>
  readonly stable: string | null
  readonly weights: Readonly<Record<string, number>>
  /** Instances that are to run, by version. */
  readonly versions: Readonly<Record<string, { readonly desired: number }>>
}

export type Callee = {
  ledger(): Ledger
  act(call: Call): Promise<Outcome>
  save(): Promise<unknown>
}

const REMEMBERED = 500

/**
 * Runs each call under its key. The same key again joins a call that is under way; answers a failure as it was; and else
 * makes true again what the call made true, unless a later call changed it on purpose.
 */
export class Calls {
  readonly #callee: Callee
  readonly #underWay = new Map<string, Promise<Outcome>>()

  constructor(callee: Callee) {
    this.#callee = callee
  }

  /** Whether a call is changing something now. */
  get isBusy(): boolean {
    return this.#underWay.size > 0
  }

  async run(call: Call): Promise<Outcome> {
    const state = this.#callee.ledger()
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
    const outcome = await this.#callee.act(call)
    const answer = record.outcome?.ok && outcome.ok ? record.outcome : outcome
    record.outcome = answer
    await this.#callee.save()
    return answer
  }
}

function remember(state: Ledger, call: Call, request: string): CallRecord {
  const record: CallRecord = { key: call.key, seq: ++state.seq, request, outcome: null }
  state.calls.push(record)
  state.calls.splice(0, state.calls.length - REMEMBERED)
  for (const part of partsOf(state, call)) state.touched[part] = record.seq
  return record
}

const isSuperseded = (state: Ledger, call: Call, record: CallRecord): boolean =>
  partsOf(state, call).some((part) => (state.touched[part] ?? 0) > record.seq)

/** What a call changes. A deployment changes what a cleanup left; a cleanup changes each version that it ends. */
function partsOf(state: Ledger, call: Call): string[] {
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
function isTrue(state: Ledger, call: Call): boolean {
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
