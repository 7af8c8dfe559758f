/** The engine of `gonogo simulate`: whole deployments against a traffic model, under our rule and the rivals'. */
export { literalRule } from './literal-rule.ts'
export { argoBackground, argoInline, flagger, kayentaRule, thresholdRule } from './rival-rules.ts'
export type { Rule } from './rule.ts'
export { rulingOutRule, sequentialRule } from './sequential-rule.ts'
export {
  quantile,
  type SimulatedEnd,
  type SimulationPlan,
  type SimulationSummary,
  simulate,
  summarise,
} from './simulate.ts'
export type { Noise, Rates, TrafficModel } from './traffic.ts'
