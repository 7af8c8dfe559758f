import { existsSync, readdirSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { selects } from '../../gonogo/connectors/kubernetes/index.ts'
import { kubectl, run } from './commands.ts'

const LOOK_EVERY_MS = 100
const NAMESPACES = '/run/netns'

type Policy = {
  readonly spec: {
    readonly podSelector: { matchLabels?: Record<string, string> }
    readonly egress?: readonly { readonly to?: readonly { readonly ipBlock?: { cidr: string } }[] }[]
  }
}

/**
 * The test cluster's network plugin enforces no NetworkPolicy. This does, for one namespace, as far as tests go: a pod that
 * a policy selects may open connections to the policy's address blocks and to nothing else. By rules in the pods' own
 * network namespaces, which go with the pods.
 */
export function enforcePolicies(namespace: string): { stop(): Promise<void> } {
  const done = new Set<string>()
  let isStopped = false
  const loop = (async () => {
    while (!isStopped) {
      await enforceOnce(namespace, done)
      await wait(LOOK_EVERY_MS)
    }
  })()
  return {
    stop: async () => {
      isStopped = true
      await loop
    },
  }
}

async function enforceOnce(namespace: string, done: Set<string>): Promise<void> {
  const list = async (kind: string) =>
    JSON.parse(await kubectl(['get', kind, '-n', namespace, '-o', 'json'])).items
  const [pods, policies] = await Promise.all([list('pods'), list('networkpolicies')])
  for (const { metadata, status } of pods) {
    if (!status.podIP || done.has(metadata.uid)) continue
    const own = (policies as Policy[]).filter(({ spec: { podSelector } }) =>
      selects({ matchLabels: podSelector.matchLabels ?? {}, matchExpressions: [] }, metadata.labels ?? {}),
    )
    if (own.length > 0) await confine(status.podIP, own)
    done.add(metadata.uid)
  }
}

async function confine(address: string, policies: readonly Policy[]): Promise<void> {
  const name = await networkOf(address)
  if (!name) return
  const allowed = policies.flatMap(({ spec }) =>
    (spec.egress ?? []).flatMap(({ to = [] }) => to.flatMap(({ ipBlock }) => ipBlock?.cidr ?? [])),
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
