import type { Workload } from './target.ts'

/** Same artifact, same configuration; how many replicas does not matter. */
export function isSameWorkload(a: Workload, b: Workload): boolean {
  const config = (w: Workload) => JSON.stringify(Object.entries(w.config).sort())
  return a.digest === b.digest && a.artifact === b.artifact && config(a) === config(b)
}
