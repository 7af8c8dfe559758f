import {
  type Amounts,
  type ClusterDeployment,
  isAllowedOn,
  type NodeRoom,
  take,
} from '#connectors/kubernetes/index.ts'
import { formatBytes } from '#connectors/machine/quantity.ts'

/** One component: what a pod of it asks for, and how many come beside those that run now. */
export type Wanted = { readonly deployment: ClusterDeployment; readonly pod: Amounts; readonly count: number }

/** Puts each pod on the first node that has room for it, the largest first; null when all have one. */
export function placeAll(rooms: readonly NodeRoom[], wanted: readonly Wanted[], sum: Amounts): string | null {
  const left = rooms.map(({ node, free }) => ({ node, free: new Map(free) }))
  const largest = [...wanted].sort((a, b) => (b.pod.get('memory') ?? 0) - (a.pod.get('memory') ?? 0))
  for (const { deployment, pod, count } of largest)
    for (let n = 1; n <= count; n++) {
      const { name } = deployment.metadata
      const allowed = left.filter(({ node }) => isAllowedOn(node, deployment.spec.template.spec))
      const home = allowed.find(({ free }) => fits(pod, free))
      if (allowed.length === 0)
        return `no node may take a pod of ${name}: of ${left.length}, each has a taint or lacks a label`
      if (!home) {
        const isOne = [...pod].every(([resource, amount]) => amount <= (sum.get(resource) ?? 0))
        const why =
          isOne && n === 1 ? 'no single node has the room that all have together' : 'no node has room'
        return `${why} for pod ${n} of ${count} of ${name} (asks for ${inWords(pod)}); ${allowed.length} nodes may take it, most free: ${inWords(mostOf(allowed, pod))}`
      }
      take(home.free, pod)
    }
  return null
}

const fits = (pod: Amounts, free: Amounts): boolean =>
  (free.get('pods') ?? 0) >= 1 && [...pod].every(([name, amount]) => amount <= (free.get(name) ?? 0))

const mostOf = (rooms: readonly NodeRoom[], pod: Amounts): Amounts =>
  new Map([...pod.keys()].map((name) => [name, Math.max(0, ...rooms.map(({ free }) => free.get(name) ?? 0))]))

/** What all nodes have free together. */
export function total(rooms: readonly NodeRoom[]): Amounts {
  const sum = new Map<string, number>()
  for (const { free } of rooms)
    for (const [name, amount] of free) sum.set(name, (sum.get(name) ?? 0) + Math.max(0, amount))
  return sum
}

/** `500m cpu, 256 MiB memory`. */
export function inWords(amounts: Amounts): string {
  const words = [...amounts].map(([name, amount]) => {
    if (name === 'cpu') return `${Math.round(amount * 1000)}m cpu`
    return /memory|storage/.test(name) ? `${formatBytes(amount)} ${name}` : `${amount} ${name}`
  })
  return words.join(', ')
}
