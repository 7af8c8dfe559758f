import type { KubernetesObject } from '@kubernetes/client-node'
import type { Outcome } from '../target.ts'
import { render } from './bring-up.ts'
import { isSet } from './controllers.ts'
import { LABELS } from './render.ts'
import type { VersionRecord } from './saved-state.ts'
import type { Slot } from './slots.ts'
import { refused, type World } from './world.ts'

/** What somebody else has under a name that a slot beside the stable one needs: it would be changed, and deleted in the end. */
export async function nameTaken(world: World, record: VersionRecord): Promise<Outcome | null> {
  const own = namesIn(world, record, 'stable').map(keyOf)
  const wanted = (['canary', 'previous'] as const)
    .flatMap((slot) => namesIn(world, record, slot))
    .filter((one) => !own.includes(keyOf(one)))
  const found = await Promise.all(
    wanted.map(({ apiVersion = '', kind = '', metadata }) =>
      world.api.read<KubernetesObject>(apiVersion, kind, metadata?.name ?? ''),
    ),
  )
  const index = found.findIndex((one) => one !== null && one.metadata?.labels?.[LABELS.of] !== world.of)
  const taken = wanted[index]
  return taken === undefined
    ? null
    : refused(
        'name-taken',
        `${keyOf(taken)} is somebody else's (no label ${LABELS.of}: ${world.of}), and gonogo needs the name: rename it, or take it away`,
      )
}

const namesIn = (world: World, record: VersionRecord, slot: Slot): KubernetesObject[] =>
  render(world, record, slot, 0).components.flatMap(({ controller, services }) =>
    isSet(controller) ? services : [controller, ...services],
  )

const keyOf = ({ kind, metadata }: KubernetesObject): string => `${kind} ${metadata?.name}`
