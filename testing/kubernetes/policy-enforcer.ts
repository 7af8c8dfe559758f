import { existsSync, readdirSync } from 'node:fs'
import { z } from 'zod'
import { type Cluster, openCluster, selects } from '../../gonogo/connectors/kubernetes/index.ts'
import { run } from './commands.ts'
import { keepLooking } from './keep-looking.ts'
import { HOME, kubeconfig } from './places.ts'

const LOOK_EVERY_MS = 200
const NAMESPACES = '/run/netns'

const labels = z.record(z.string(), z.string()).default({})
const podSchema = z.object({
  metadata: z.object({ uid: z.string(), labels }),
  status: z.object({ podIP: z.string().optional() }),
})
const rule = z.object({
  to: z.array(z.object({ ipBlock: z.object({ cidr: z.string() }).optional() })).default([]),
})
const policySchema = z.object({
  spec: z.object({ podSelector: z.object({ matchLabels: labels }), egress: z.array(rule).default([]) }),
})
type Policy = z.infer<typeof policySchema>

/**
 * The test cluster's network plugin enforces no NetworkPolicy. This does, for one namespace, as far as tests go: a pod that
 * a policy selects may open connections to the policy's address blocks and to nothing else. By rules in the pods' own
 * network namespaces, which go with the pods.
 */
export function enforcePolicies(namespace: string): { stop(): Promise<void> } {
  const cluster = openCluster({ root: HOME, kubeconfig: kubeconfig('admin') })
  const done = new Set<string>()
  return { stop: keepLooking(() => enforceOnce(cluster, namespace, done), LOOK_EVERY_MS) }
}

async function enforceOnce(cluster: Cluster, namespace: string, done: Set<string>): Promise<void> {
  const [pods, policies] = await Promise.all([
    cluster.list(`/api/v1/namespaces/${namespace}/pods`, podSchema),
    cluster.list(`/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`, policySchema),
  ])
  for (const { metadata, status } of pods) {
    if (!status.podIP || done.has(metadata.uid)) continue
    const own = policies.filter(({ spec: { podSelector } }) =>
      selects({ ...podSelector, matchExpressions: [] }, metadata.labels),
    )
    if (own.length > 0) await confine(status.podIP, own)
    done.add(metadata.uid)
  }
}

async function confine(address: string, policies: readonly Policy[]): Promise<void> {
  const name = await networkOf(address)
  if (!name) return
  const allowed = policies.flatMap(({ spec }) =>
    spec.egress.flatMap(({ to }) => to.flatMap(({ ipBlock }) => ipBlock?.cidr ?? [])),
  )
  const rules = [
    ['-o', 'lo', '-j', 'ACCEPT'],
    ['-m', 'conntrack', '--ctstate', 'ESTABLISHED', '-j', 'ACCEPT'],
    ...allowed.map((cidr) => ['-d', cidr, '-j', 'ACCEPT']),
    ['-j', 'DROP'],
  ]
  for (const rule of rules)
    await run('ip', ['netns', 'exec', name, 'iptables', '-A', 'OUTPUT', ...rule]).catch((error) => {
      // A pod may end while its rules are written.
      if (existsSync(`${NAMESPACES}/${name}`)) throw error
    })
}

async function networkOf(address: string): Promise<string | null> {
  for (const name of readdirSync(NAMESPACES)) {
    const told = await run('ip', ['-n', name, '-4', '-o', 'addr', 'show']).catch(() => '')
    if (told.includes(` ${address}/`)) return name
  }
  return null
}
