import { parseQuantity } from '../machine/quantity.ts'
import { ReadingProblem } from '../reading-problem.ts'
import type { ClusterNode, ClusterPod, PodSpec } from './schema.ts'

/** Cores, bytes or pieces by the resource's name, as `cpu`, `memory`, `pods`. */
export type Amounts = ReadonlyMap<string, number>

/** What the scheduler itself reckons a container to take that asks for nothing (its DefaultMilliCPURequest, DefaultMemoryRequest). */
const UNASKED: Readonly<Record<string, number>> = { cpu: 0.1, memory: 200 * 2 ** 20 }

export type NodeRoom = { readonly node: ClusterNode; readonly free: Amounts }

/** What a pod asks for, or may take at most: all that run together, or the largest of those that run before them. */
export function amountsOf(spec: PodSpec, which: 'requests' | 'limits', unasked = {}): Amounts {
  const lasting = spec.initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')
  const first = spec.initContainers.filter(({ restartPolicy }) => restartPolicy !== 'Always')
  const total = new Map<string, number>()
  for (const { resources } of [...spec.containers, ...lasting])
    addTo(total, { ...unasked, ...read(resources[which]) })
  for (const { resources } of first)
    for (const [name, amount] of Object.entries(read(resources[which])))
      total.set(name, Math.max(total.get(name) ?? 0, amount))
  addTo(total, read(spec.overhead))
  return total
}

/** What each node that takes pods has left after what its pods asked for, used or not. */
export function roomOn(nodes: readonly ClusterNode[], pods: readonly ClusterPod[]): NodeRoom[] {
  return nodes.filter(takesPods).map((node) => {
    const free = new Map(Object.entries(read(node.status.allocatable)))
    const own = pods.filter(
      ({ spec, status }) =>
        spec.nodeName === node.metadata.name && !['Succeeded', 'Failed'].includes(status.phase),
    )
    for (const { spec } of own) take(free, amountsOf(spec, 'requests', UNASKED))
    return { node, free }
  })
}

const takesPods = ({ spec, status }: ClusterNode): boolean =>
  !spec.unschedulable && status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True')

/** Takes a pod's room away. */
export function take(free: Map<string, number>, asked: Amounts): void {
  for (const [name, amount] of asked) free.set(name, (free.get(name) ?? 0) - amount)
  free.set('pods', (free.get('pods') ?? 0) - 1)
}

/** Whether the pod may be on the node at all: its labels, and the taints that the pod bears with. */
export function isAllowedOn({ metadata, spec }: ClusterNode, pod: PodSpec): boolean {
  const bears = (taint: (typeof spec.taints)[number]) =>
    pod.tolerations.some(
      ({ key, operator, value, effect }) =>
        (key === undefined || key === taint.key) &&
        (operator === 'Exists' || value === taint.value) &&
        (effect === undefined || effect === taint.effect),
    )
  return (
    Object.entries(pod.nodeSelector).every(([key, value]) => metadata.labels[key] === value) &&
    spec.taints.filter(({ effect }) => effect !== 'PreferNoSchedule').every(bears)
  )
}

/** Quantities as numbers. Throws a ReadingProblem for one that is none. */
export function read(amounts: Readonly<Record<string, string>>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(amounts).map(([name, text]) => {
      const value = parseQuantity(text)
      if (value === null) throw new ReadingProblem('wrong-format', name, `“${text}” is no quantity`)
      return [name, value]
    }),
  )
}

function addTo(total: Map<string, number>, amounts: Readonly<Record<string, number>>): void {
  for (const [name, amount] of Object.entries(amounts)) total.set(name, (total.get(name) ?? 0) + amount)
}
