/** A file of the cluster's suite by its name, as the suite's command takes it. */
export const fileOf = (name: string): string => `testing/kubernetes/${name}.kubernetes.test.ts`

/** The longest, first: none of them is to be what all others wait for at the end. */
export const FIRST = [
  'strategies',
  'behaviours',
  'stateful-sets',
  'by-pods',
  'failures',
  'migrations',
  'lockstep',
]
/**
 * What takes a node, the API or the cluster itself away has it alone, and so has what gives a pod four seconds to start. After its
 * API was away a cluster's own parts need minutes to find back; after the last one there is no cluster.
 */
export const ALONE = ['target', 'disruptions', 'disturbances', 'cluster']
/** What reaches into the node, the API server, the images or the addresses of a cluster has one of its own only. */
export const OWN_ONLY = [
  ...['disruptions', 'disturbances', 'cluster', 'environment-checks', 'secrets-checks', 'stateful-sets'],
  ...['by-pods', 'in-cluster', 'in-cluster-deployment', 'migrations'],
]
