import { z } from 'zod'
import type { Cluster } from './cluster.ts'

const REVIEWS = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
const WHO = '/apis/authentication.k8s.io/v1/selfsubjectreviews'

type Permission = {
  readonly verb: string
  readonly group: string
  /** With its subresource: `pods/log`. */
  readonly resource: string
  /** Null for what stands in no namespace. */
  readonly namespace: string | null
  readonly name?: string
}

/** Whether the cluster would let this identity do it now. */
export async function mayDo(
  cluster: Cluster,
  { verb, group, resource: full, namespace, name }: Permission,
): Promise<boolean> {
  const [resource = '', subresource] = full.split('/')
  const resourceAttributes = {
    verb,
    group,
    resource,
    ...(subresource && { subresource }),
    ...(namespace !== null && { namespace }),
    ...(name !== undefined && { name }),
  }
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  }
  const schema = z.object({ status: z.object({ allowed: z.boolean() }) })
  return (await cluster.create(REVIEWS, body, schema)).status.allowed
}

/** The name that the cluster knows this identity by. */
export async function whoAmI(cluster: Cluster): Promise<string> {
  const schema = z.object({ status: z.object({ userInfo: z.object({ username: z.string() }) }) })
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  return (await cluster.create(WHO, body, schema)).status.userInfo.username
}
