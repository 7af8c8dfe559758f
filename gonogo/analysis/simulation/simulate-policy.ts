import type { AnalysisPolicy } from '../policy.ts'
import type { Rates } from './arm.ts'
import { literalRule } from './literal-rule.ts'
import { argoBackground, argoInline, flagger, kayentaRule, thresholdRule } from './rival-rules.ts'
import type { Rule } from './rule.ts'
import { sequentialRule } from './sequential-rule.ts'
import { type SimulatedStep, type SimulationSummary, simulate, summarise } from './simulate.ts'
import type { Noise } from './traffic.ts'

/** What a team asks before a deployment: "what would this policy do to us?" Weights and shares are 0…1. */
export type Question = {
  readonly policy: AnalysisPolicy
  readonly steps: readonly SimulatedStep[]
  readonly requestsPerSecond: number
  readonly healthy: Rates
  /** Error rates of the new version to try; the healthy one is always tried too. */
  readonly faults: readonly number[]
  readonly noise: Noise
  readonly deployments: number
  readonly seed: number
  /** Proceed as soon as the evidence is there. */
  readonly isEarly: boolean
  /** Also answer for the literal reading and for the rules of other tools. */
  readonly withRivals: boolean
}

export type Answer = SimulationSummary & {
  /** Null: the new version makes no difference, and every rollback is a false one. */
  readonly errorRate: number | null
}

/** One row per fault and rule, each rule on the same traffic; healthy first. Yields as it goes: this takes a while. */
export function* simulatePolicy(question: Question): Generator<Answer> {
  const { policy, steps, requestsPerSecond, healthy, noise, deployments, seed } = question
  for (const [i, errorRate] of [null, ...question.faults].entries()) {
    const fault = errorRate === null ? null : { ...healthy, errorRate, startsAtMs: 0 }
    const model = { requestsPerSecond, healthy, fault, noise }
    for (const rule of rulesOf(question)) {
      const plan = {
        rule,
        model,
        steps,
        intervalMs: policy.intervalMs,
        extensions: 1,
        deployments,
        seed: seed * 1000 + i,
      }
      yield { errorRate, ...summarise(rule.name, simulate(plan)) }
    }
  }
}

function rulesOf({ policy, isEarly, withRivals }: Question): Rule[] {
  const literal = literalRule(policy, policy.literal.minBadRequests)
  const own = policy.mode === 'literal' ? literal : sequentialRule(policy, true, isEarly)
  return withRivals ? [own, ...rivalRules(policy).filter((rule) => rule.name !== own.name)] : [own]
}

/** The literal reading, and the documented examples of Argo Rollouts, Flagger and Kayenta. */
export const rivalRules = (policy: AnalysisPolicy): Rule[] => [
  literalRule(policy, 1),
  literalRule(policy, policy.literal.minBadRequests),
  thresholdRule(argoInline, policy.intervalMs),
  thresholdRule(argoBackground, policy.intervalMs),
  thresholdRule(flagger, policy.intervalMs),
  kayentaRule(),
]
