/** When to roll back and when to proceed: pure, without clock, input or output. The method is in ANALYSIS.md. */

export { judge } from './judge.ts'
export type { AnalysisVerdict, ArmNumbers, Judgement } from './judgement.ts'
export { type LatencyPlan, planLatency } from './latency-bound.ts'
export { observe } from './observe.ts'
export { type AnalysisPolicy, defaultAnalysisPolicy, TRIGGERS, type Trigger } from './policy.ts'
export type { ObserveContext } from './read-scrape.ts'
export { type AnalysisState, startAnalysis } from './state.ts'
