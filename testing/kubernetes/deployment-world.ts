import { LITERAL, makeWorld, type Own, type Place, type World } from '../crash/world.ts'
import { makeNamespace, targetIn } from './contract-world.ts'
import { IMAGE, testImage } from './test-image.ts'

/** Bad versions fail requests here. By how long a few of them took, on two cores that run a cluster as well, nothing is to be decided. */
const POLICY = { rollback: { ...LITERAL, p95Ratio: 100 } }

/** A small service in a namespace of its own, with people who sign, that whole deployments are made of. */
export async function makeKubernetesPlace(
  checklist: string,
  more: object = {},
  own: Own = {},
  measured: Pick<Place, 'metrics'> = {},
): Promise<World & { readonly namespace: string }> {
  const digest = testImage()
  const namespace = await makeNamespace()
  const target = { ...targetIn(namespace), ...more }
  const place = { target, artifact: `${IMAGE}@${digest}`, digest, close: namespace.end, ...measured }
  const policy = { ...POLICY, ...own.policy }
  const world = await makeWorld(checklist, {}, async () => place, { ...own, policy })
  return { ...world, namespace: namespace.name }
}
