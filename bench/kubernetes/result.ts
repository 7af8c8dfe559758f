import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Decision, Setting } from './contenders/contender.ts'
import type { Seen } from './load.ts'

/** One run of a contender in a scenario. Durations are ms. */
export type Result = Seen & {
  readonly kind: 'run'
  readonly contender: string
  readonly setting: Setting
  readonly scenario: string
  readonly namespace: string
  readonly outcome: Decision['outcome'] | 'never decided'
  readonly isRight: boolean
  readonly reason: string
  /** From the canary's first request, or from when the contender was given it where it never had one. */
  readonly decidedAfterMs: number | null
  /** From the decision to the last request that the canary was given; null where it had none, or kept its traffic. */
  readonly zeroAfterMs: number | null
}

/** A bare weight patch: from starting kubectl to the last request that the canary was given, ms. */
export type FloorResult = {
  readonly kind: 'floor'
  readonly machine: 'quiet' | 'under load'
  readonly zeroAfterMs: readonly number[]
}

export type Kept = Result | FloorResult

/** What a file holds, one result a line; nothing where there is no such file. */
export const readResults = (file: string): Kept[] =>
  existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Kept)
    : []

export function keepResult(file: string, result: Kept): void {
  mkdirSync(dirname(file), { recursive: true })
  appendFileSync(file, `${JSON.stringify(result)}\n`)
}

export function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  if (sorted.length === 0) return null
  const [low = Number.NaN, high = Number.NaN] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]]
  return (low + high) / 2
}
