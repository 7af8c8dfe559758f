import { setTimeout as wait } from 'node:timers/promises'
import type { Outcome } from '../target.ts'
import { render } from './bring-up.ts'
import { hasSets } from './controllers.ts'
import { endingProblem } from './ending.ts'
import { LABELS, placeLabel } from './render.ts'
import { type PublicService, placeOf, selectedPlace, sharesByPods } from './selected-pods.ts'
import { leadsTo } from './served.ts'
import type { Place } from './slots.ts'
import { podsOf, refused, type World } from './world.ts'

const CONFIRM_WITHIN_MS = 3000
const CONFIRM_EVERY_MS = 20
/** Shares of pods are no whole numbers. */
const TOLERANCE = 1

/**
 * Lets the Service select the pods of one version, by its slot, or of all that there are. One write: whoever is not selected
 * any more gets no new connection from then on.
 */
export async function shareByPods(
  world: World,
  weights: Readonly<Record<string, number>>,
): Promise<{ readonly problem: Outcome | null; readonly note: string }> {
  const { state } = world.map
  const given = Object.values(state.versions).filter(({ workload }) => (weights[workload.version] ?? 0) > 0)
  const idle = Object.values(state.versions).filter((one) => !given.includes(one) && one.desired > 0)
  if (given.length > 1 && idle.length > 0) {
    const names = idle.map(({ workload }) => workload.version).join(', ')
    const detail = `without a route, ${names} would get requests as well; clean it up first, or declare a route`
    return { problem: refused('not-by-pods', detail), note: '' }
  }
  const before = state.weights
  const own = { ...weights }
  state.weights = own
  const [record] = given
  if (!record) return { problem: null, note: '' }
  const { components } = render(world, given.find(({ slot }) => slot === 'stable') ?? record, 'stable', 0)
  const service = components
    .flatMap(({ services }) => services)
    .find((one) => one.metadata?.name === world.of)
  try {
    if (service) await world.api.apply(service)
  } catch (error) {
    if (state.weights === own) state.weights = before
    throw error
  }
  const problem = endingProblem(world, weights)
  if (problem) return { problem, note: '' }
  const isConfirmed = await confirmed(world, given.map(placeOf))
  const late = isConfirmed ? '' : ' (the Service has not all of their pods yet)'
  return { problem: null, note: `${await noteOf(world, weights)}${late}` }
}

async function confirmed(world: World, places: readonly Place[]): Promise<boolean> {
  const deadline = performance.now() + CONFIRM_WITHIN_MS
  while (!(await leadsTo(world, world.of, places))) {
    if (performance.now() > deadline) return false
    await wait(CONFIRM_EVERY_MS)
  }
  return true
}

/** What came of what was asked: a share is that of the pods, and no finer. */
async function noteOf(world: World, weights: Readonly<Record<string, number>>): Promise<string> {
  const service = await world.api.read<PublicService>('v1', 'Service', world.of)
  const pods = await podsOf(world)
  const shares = sharesByPods(world, service, pods)
  const { versions } = world.map.state
  const had = Object.entries(weights).map(([version, asked]) => {
    const slot = versions[version]?.slot
    return { version, asked, share: (slot && shares[slot]) ?? 0 }
  })
  if (had.length < 2 || had.every(({ share }) => share === 0 || share === 100)) return ''
  const words = had.map(({ version, share }) => `${version} ${Math.round(share)} %`).join(', ')
  const isCoarse = had.some(({ asked, share }) => Math.abs(asked - share) > TOLERANCE)
  return isCoarse ? `; by the number of their pods it is ${words}` : ', by the number of their pods'
}

/** What somebody else changed of whom the Service selects, in words; null when nothing. */
export function serviceDrift(world: World): string | null {
  const service = world.watches.service()
  if (!service) return `Service ${world.of} is gone`
  const [wanted, found] = [wantedSelection(world), selectionOf(service)]
  return wanted === null || wanted === found
    ? null
    : `Service ${world.of} selects ${inWords(found)}, not ${inWords(wanted)}`
}

/** The label by which it is to tell versions apart, as `label: value`; empty for none, null where nobody has said so yet. */
function wantedSelection({ map: { state }, config }: World): string | null {
  const place = selectedPlace(state)
  if (place === null) return ''
  const record = Object.values(state.versions).find(({ workload }) => workload.version === place?.version)
  const isPublic = ({ component }: { component: string }) => config.components[component]?.public
  const ofSet = record !== undefined && hasSets({ manifests: record.manifests.filter(isPublic) })
  const { slot, version } = place ?? { slot: 'stable', version: '' }
  if (!place && Object.values(state.versions).some(hasSets)) return null
  return Object.entries(placeLabel({ slot, version }, ofSet))
    .map((one) => one.join(': '))
    .join()
}

function selectionOf({ spec }: PublicService): string {
  const label = [LABELS.slot, LABELS.version].find((one) => spec?.selector?.[one] !== undefined)
  return label ? `${label}: ${spec?.selector?.[label]}` : ''
}

const inWords = (label: string): string =>
  label === '' ? 'the pods of every version' : `the pods with ${label}`
