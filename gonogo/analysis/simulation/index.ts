/** The engine of `gonogo simulate`: whole deployments against a traffic model, under our rule and the rivals'. */
export type { Rule } from './rule.ts'
export { rulingOutRule, sequentialRule } from './sequential-rule.ts'
export { quantile, type SimulatedEnd, type SimulatedStep, simulate } from './simulate.ts'
export { type Answer, type Question, rivalRules, simulatePolicy } from './simulate-policy.ts'
export type { Noise, TrafficModel } from './traffic.ts'
