import type { Turn } from '../database/memories.ts'

/** The turns a model is given, and what it costs. */
export interface FittedContext {
  turns: Turn[]
  tokens: number
  budget: number
  dropped: number
}

/** Tokens of a text, estimated; models of different makers count differently, so the estimate is on the high side. */
export function estimateTokens(text: string): number {
  return Math.ceil(text.length / 3.5) + 4
}

/**
 * Fits a conversation into a budget. The rule: the instructions and the message always go in; then as many turns as
 * fit, newest first, without gaps, because a conversation with a hole in it misleads more than a short one.
 */
export function fitContext(
  system: string,
  message: string,
  history: readonly Turn[],
  budget: number,
): FittedContext {
  let tokens = estimateTokens(system) + estimateTokens(message)
  const turns: Turn[] = []
  for (const turn of history.toReversed()) {
    const cost = estimateTokens(turn.text)
    if (tokens + cost > budget) break
    tokens += cost
    turns.unshift(turn)
  }
  return { turns, tokens, budget, dropped: history.length - turns.length }
}
