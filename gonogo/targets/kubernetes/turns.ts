import type { Call } from '../call.ts'
import { givenTo } from './act.ts'

/**
 * The order in which calls were asked for. Each waits for the API before it begins, and none for another: one that was asked for
 * before a rollback may begin after it, and would give a version something that was just taken from it.
 */
export class Turns {
  #taken = 0
  /** When each version was last gone back to, or from. */
  readonly #wentBack = new Map<string, number>()
  /** When all but these were last to be ended: the way back of a first version. */
  #swept: { readonly turn: number; readonly keep: readonly string[] } = { turn: 0, keep: [] }

  /** Call it as soon as a call is asked for; the answer says whether somebody has asked to go back since. */
  take(call: Call): () => boolean {
    const turn = ++this.#taken
    if (call.method === 'revert')
      for (const version of [call.version, call.drop]) this.#wentBack.set(version, turn)
    if (call.method === 'cleanup') this.#swept = { turn, keep: call.keep }
    return () => givenTo(call).some((version) => this.#takenSince(turn, version))
  }

  #takenSince(turn: number, version: string): boolean {
    const { turn: swept, keep } = this.#swept
    return (this.#wentBack.get(version) ?? 0) > turn || (swept > turn && !keep.includes(version))
  }
}
