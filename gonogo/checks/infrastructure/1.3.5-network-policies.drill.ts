import { type ClusterFault, clusterDrill, clusterWorld, IMAGE, NAMESPACE } from '../live/cluster-drill.ts'
import type { DrillObject } from '../live/drill-cluster.ts'

const config = {
  forbidden: { host: '10.0.0.9', port: 5432 },
  allowed: { host: '10.0.0.8', port: 80 },
  image: IMAGE,
}

const policy = (spec: object): DrillObject => ({
  kind: 'NetworkPolicy',
  metadata: { name: 'web-only', namespace: NAMESPACE },
  spec,
})
const good = policy({ podSelector: { matchLabels: { app: 'web' } }, policyTypes: ['Ingress', 'Egress'] })

const reached = { tries: 3, connected: 3, refusal: '' }
const refused = { tries: 3, connected: 0, refusal: 'ETIMEDOUT' }
type Seen = { readonly allowed?: object; readonly forbidden?: object; readonly witness?: object }

/** A network on which the pods see this. */
const seeing = ({ allowed = reached, forbidden = refused, witness = reached }: Seen, policies = [good]) => ({
  world: clusterWorld(policies, {
    podSays: (pod) => JSON.stringify(pod.includes('witness') ? [witness] : [allowed, forbidden]),
  }),
})
const fault = (
  name: string,
  expect: ClusterFault['expect'],
  seen: Seen,
  policies?: DrillObject[],
): ClusterFault => ({ name, expect, situation: seeing(seen, policies) })

export const drill = clusterDrill('1.3.5', config, seeing({}), [
  fault('policies that nobody enforces', 'fail', { forbidden: reached }),
  fault('one try of three gets through', 'fail', { forbidden: { ...refused, connected: 1 } }),
  fault('no policy', 'fail', {}, []),
  fault('a policy that selects nothing', 'fail', {}, [
    policy({ podSelector: { matchLabels: { app: 'wbe' } }, policyTypes: ['Ingress', 'Egress'] }),
  ]),
  fault('a policy for ingress only', 'fail', {}, [policy({ podSelector: {} })]),
  fault('a policy that leaves the canary out', 'fail', {}, [
    policy({
      podSelector: { matchLabels: { 'gonogo.dev/slot': 'stable' } },
      policyTypes: ['Ingress', 'Egress'],
    }),
  ]),
  fault('nothing listens on the forbidden address', 'unknown', {
    witness: { ...refused, refusal: 'ECONNREFUSED' },
  }),
  fault('what listened there goes away meanwhile', 'unknown', { witness: { ...reached, connected: 2 } }),
  fault('nothing at all is reached', 'unknown', { allowed: refused }),
  fault('a name that was never looked up', 'unknown', { forbidden: { ...refused, refusal: 'ENOTFOUND' } }),
  {
    name: 'a pod that says nothing',
    expect: 'unknown',
    situation: { world: clusterWorld([good], { podSays: () => '' }) },
  },
])
