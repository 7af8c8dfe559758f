import type { KubernetesObject } from '@kubernetes/client-node'
import type { Outcome } from '../target.ts'
import { type ClusterApi, statusOf } from './cluster-api.ts'
import { done, refused } from './world.ts'

const LEASE_API = 'coordination.k8s.io/v1'
/** Whoever has not renewed for this long is gone. */
const HELD_FOR_S = 60

type Lease = KubernetesObject & {
  spec?: { holderIdentity?: string; renewTime?: string; leaseDurationSeconds?: number }
}

/** Whether a deployment works on it, or did when its gonogo was killed. */
export const isClaimed = async (api: ClusterApi, of: string): Promise<boolean> =>
  (await api.read<Lease>(LEASE_API, 'Lease', `gonogo-${of}`)) !== null

/** A Lease that the deployment under way holds, so that a gonogo elsewhere does not work against it. */
export async function claim(api: ClusterApi, of: string, deployment: string): Promise<Outcome> {
  const name = `gonogo-${of}`
  const lease = await api.read<Lease>(LEASE_API, 'Lease', name)
  const { holderIdentity = '', renewTime, leaseDurationSeconds = HELD_FOR_S } = lease?.spec ?? {}
  const heldUntil = new Date(renewTime ?? 0).getTime() + leaseDurationSeconds * 1000
  if (holderIdentity && holderIdentity !== deployment && heldUntil > Date.now())
    return refused(
      'in-use',
      `deployment ${holderIdentity} of another gonogo works on ${of} in ${api.namespace} (Lease ${name}); wait until it has ended`,
    )
  const wanted: Lease = {
    apiVersion: LEASE_API,
    kind: 'Lease',
    metadata: {
      name,
      namespace: api.namespace,
      ...(lease?.metadata?.resourceVersion && { resourceVersion: lease.metadata.resourceVersion }),
    },
    spec: {
      holderIdentity: deployment,
      renewTime: new Date().toISOString().replace('Z', '000Z'),
      leaseDurationSeconds: HELD_FOR_S,
    },
  }
  try {
    await (lease ? api.replace(wanted) : api.create(wanted))
    return done(`${of} is claimed`)
  } catch (error) {
    if (statusOf(error) !== 409) throw error
    // An answer that was lost may have been a yes.
    const taken = await api.read<Lease>(LEASE_API, 'Lease', name)
    if (taken?.spec?.holderIdentity === deployment) return done(`${of} is claimed`)
    return refused('in-use', `another gonogo took Lease ${name} in ${api.namespace} at the same moment`)
  }
}

/** Lets others in at once; harmless for whoever does not hold it. */
export async function unclaim(api: ClusterApi, of: string, deployment: string): Promise<void> {
  const name = `gonogo-${of}`
  const lease = await api.read<Lease>(LEASE_API, 'Lease', name)
  if (lease?.spec?.holderIdentity === deployment) await api.remove(LEASE_API, 'Lease', name)
}
