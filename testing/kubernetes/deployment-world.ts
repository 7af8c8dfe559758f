import { makeWorld, type Own, type Place, type World } from '../crash/world.ts'
import { makeNamespace, targetIn } from './contract-world.ts'
import { IMAGE, testImage } from './test-image.ts'

/** A small service in a namespace of its own, with people who sign, that whole deployments are made of. */
export const makeKubernetesPlace = (
  checklist: string,
  more: object = {},
  own: Own = {},
  measured: Pick<Place, 'metrics'> = {},
): Promise<World> =>
  makeWorld(
    checklist,
    {},
    async () => {
      const digest = testImage()
      const namespace = await makeNamespace()
      const target = { ...targetIn(namespace), ...more }
      return { target, artifact: `${IMAGE}@${digest}`, digest, close: namespace.end, ...measured }
    },
    own,
  )
