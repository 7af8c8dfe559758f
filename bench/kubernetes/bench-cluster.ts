import { fileURLToPath } from 'node:url'
import { startRouter, up } from '../../testing/kubernetes/cluster.ts'
import { stopDaemon } from '../../testing/kubernetes/daemons.ts'
import { importNodeImage } from '../../testing/kubernetes/images.ts'
import { applyAll, IMAGE, removeOldPlaces } from './place.ts'

const SERVICE = fileURLToPath(new URL('./service', import.meta.url))
/** What Traefik watches as soon as it reads routes of its own kind; Argo Rollouts changes a TraefikService. */
const TRAEFIK_KINDS = [
  ...['IngressRoute', 'IngressRouteTCP', 'IngressRouteUDP', 'Middleware', 'MiddlewareTCP'],
  ...['ServersTransport', 'ServersTransportTCP', 'TLSOption', 'TLSStore', 'TraefikService'],
]

/** The test cluster, its router with Traefik's own kinds as well; answers the digest of the service's image. */
export async function openCluster(say: (line: string) => void): Promise<string> {
  await up(say)
  await removeOldPlaces()
  await applyAll(TRAEFIK_KINDS.map(definition))
  await stopDaemon('traefik')
  await startRouter(['--providers.kubernetesCRD=true'])
  return importNodeImage(`${IMAGE}:1`, SERVICE, ['/app/main.ts'])
}

/** Leaves the router as the tests have it. */
export async function closeCluster(): Promise<void> {
  await stopDaemon('traefik')
  await startRouter()
}

function definition(kind: string): object {
  const singular = kind.toLowerCase()
  const plural = `${singular}s`
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } }
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.traefik.io` },
    spec: {
      group: 'traefik.io',
      scope: 'Namespaced',
      names: { kind, listKind: `${kind}List`, plural, singular },
      versions: [{ name: 'v1alpha1', served: true, storage: true, schema }],
    },
  }
}
