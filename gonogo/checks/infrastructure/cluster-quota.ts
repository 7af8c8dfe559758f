import { amountsOf, type ClusterQuota, read } from '#connectors/kubernetes/index.ts'
import type { Wanted } from './place-pods.ts'

/** Beside each component's own objects stand those of the canary and of the version before. */
const SETS = 2

/** The first quota that the release's pods and objects would go beyond; null when there is none. A scope is not looked at. */
export function quotaProblem(quotas: readonly ClusterQuota[], wanted: readonly Wanted[]): string | null {
  const needed = neededBy(wanted)
  for (const { metadata, status } of quotas) {
    const [hard, used] = [read(status.hard), read(status.used)]
    for (const [key, most] of Object.entries(hard)) {
      const more = needed.get(key) ?? 0
      if (more > 0 && (used[key] ?? 0) + more > most)
        return `quota ${metadata.name}: ${key} ${status.used[key] ?? 0} of ${status.hard[key]} is used, and ${more} more are needed`
    }
  }
  return null
}

/** By the names that a quota has for it. */
function neededBy(wanted: readonly Wanted[]): Map<string, number> {
  const needed = new Map<string, number>()
  const add = (amount: number, ...keys: string[]) => {
    for (const key of keys) needed.set(key, (needed.get(key) ?? 0) + amount)
  }
  for (const { deployment, pod, count } of wanted) {
    add(count, 'pods', 'count/pods')
    add(SETS, 'services', 'count/services')
    if (deployment.kind !== 'StatefulSet') add(SETS, 'count/deployments.apps')
    for (const [name, amount] of pod) add(amount * count, name, `requests.${name}`)
    for (const [name, amount] of amountsOf(deployment.spec.template.spec, 'limits'))
      add(amount * count, `limits.${name}`)
  }
  return needed
}
