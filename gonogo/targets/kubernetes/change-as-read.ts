import type { KubernetesObject } from '@kubernetes/client-node'
import { statusOf } from './cluster-api.ts'

const ATTEMPTS = 10

/** Of a JSON patch: the rest of it holds only for the object as it was read. */
export const asRead = ({ metadata }: KubernetesObject): object => ({
  op: 'test',
  path: '/metadata/resourceVersion',
  value: metadata?.resourceVersion,
})

/** Reads and writes anew where somebody else wrote in between: a failed test of a JSON patch is 422, a change before it 409. */
export async function untilUnchanged<T>(readAndWrite: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await readAndWrite()
    } catch (error) {
      if (![409, 422].includes(statusOf(error) ?? 0) || attempt === ATTEMPTS) throw error
    }
  }
}
