import type { DeploymentEvent, Effect } from '../events.ts'
import { changesProduction, type DeploymentState, type EffectRecord } from '../state.ts'
import type { Keyed } from '../strategies.ts'

/** The effect that ends the old version when the watch is over. */
export const CLEANUP_KEY = 'cleanup'

/** What `decide` wants done next. The engine does each; commands that are under way already are not started twice. */
export type Command =
  | { readonly kind: 'run'; readonly item: string }
  | { readonly kind: 'record'; readonly event: DeploymentEvent }
  | { readonly kind: 'effect'; readonly key: string; readonly effect: Effect; readonly attempt: number }
  /** The analysis is to be judged now and recorded, so that the decision that is due has fresh numbers. */
  | { readonly kind: 'judge' }
  | { readonly kind: 'wait'; readonly untilMs: number }

/** Whether a command begins to change production. What was begun before is brought to its end, whoever changes what meanwhile. */
export const beginsChange = (command: Command): boolean =>
  command.kind === 'effect' && command.attempt === 1 && changesProduction(command.effect)

/** Attempts of an effect whose outcome was never learnt (a crash between); then it counts as failed. */
export const MAX_ATTEMPTS = 5
const MAX_BACKOFF_MS = 30_000

export type Progress =
  | { readonly done: true }
  | { readonly done: false; readonly commands: readonly Command[]; readonly failed: EffectRecord | null }

/** Does effects one after the other: each only when the one before is done. A failure ends the row. */
export function inOrder(state: DeploymentState, effects: readonly Keyed[]): Progress {
  for (const { key, effect } of effects) {
    const record = state.effects[key]
    if (record?.settled?.ok) continue
    if (record?.settled) return { done: false, commands: [], failed: record }
    const attempt = (record?.attempts ?? 0) + 1
    if (record && attempt > MAX_ATTEMPTS) return { done: false, commands: [], failed: record }
    return { done: false, commands: [{ kind: 'effect', key, effect, attempt }], failed: null }
  }
  return { done: true }
}

/** As `inOrder`, but never gives up: what goes wrong is tried again, later and later (at most every 30 s). */
export function insistently(state: DeploymentState, effects: readonly Keyed[], now: number): Progress {
  for (const { key, effect } of effects) {
    const record = state.effects[key]
    if (record?.settled?.ok) continue
    const attempt = (record?.attempts ?? 0) + 1
    const dueAt = record?.settled
      ? record.settled.at + Math.min(1000 * 2 ** record.attempts, MAX_BACKOFF_MS)
      : 0
    // A clock that was set back does not keep users waiting.
    const isWaiting = dueAt > now && dueAt <= now + MAX_BACKOFF_MS
    if (isWaiting) return { done: false, commands: [{ kind: 'wait', untilMs: dueAt }], failed: null }
    return { done: false, commands: [{ kind: 'effect', key, effect, attempt }], failed: null }
  }
  return { done: true }
}

export const record = (event: DeploymentEvent): Command => ({ kind: 'record', event })
