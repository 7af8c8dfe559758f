import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { formatProblem, readYamlFile } from '../../gonogo/connectors/yaml-file/index.ts'

const schema = z.strictObject({
  /** Of somebody who may do everything; a path from the file's folder. */
  kubeconfig: z.string(),
  /** Made by `testing/service/Containerfile`, by its digest. */
  image: z.string().regex(/^\S+@sha256:[0-9a-f]{64}$/, 'must be name@sha256:…'),
  gatewayClass: z.string().default('traefik'),
  /** Where users reach a Gateway's listener of the URL's port. So many files run side by side. */
  routes: z.array(z.string().regex(/^http:\/\/[^/]+:\d+$/, 'must be http://host:port')).min(1),
  /** The router's page for Prometheus. */
  routerMetrics: z.url(),
})

export type GivenCluster = z.output<typeof schema>

/** The cluster that the file names; null where there is none. Throws with file, line and key where it cannot be read. */
export function readGivenCluster(file: string | undefined): GivenCluster | null {
  if (!file) return null
  const read = readYamlFile(file, schema)
  if (!read.ok) throw new Error(read.problems.map(formatProblem).join('\n'))
  return { ...read.value, kubeconfig: resolve(dirname(file), read.value.kubeconfig) }
}
