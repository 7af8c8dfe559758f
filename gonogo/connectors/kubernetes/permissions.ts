import { z } from 'zod'
import type { Cluster } from './cluster.ts'

const WHO = '/apis/authentication.k8s.io/v1/selfsubjectreviews'

/** The name that the cluster knows this identity by. */
export async function whoAmI(cluster: Cluster): Promise<string> {
  const schema = z.object({ status: z.object({ userInfo: z.object({ username: z.string() }) }) })
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  return (await cluster.create(WHO, body, schema)).status.userInfo.username
}
