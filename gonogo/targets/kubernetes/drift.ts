import { digestOf } from '#core/json.ts'
import { isAutoscaled } from './autoscaling.ts'
import { render } from './bring-up.ts'
import { serviceDrift } from './by-pods.ts'
import type { Controller, StatefulSet } from './cluster-api.ts'
import { isSet, nameOf } from './controllers.ts'
import { LABELS } from './render.ts'
import { type Shares, sharesByRule } from './route.ts'
import { isByPods } from './selected-pods.ts'
import { holderOfSets } from './set-share.ts'
import { nameIn, SLOTS } from './slots.ts'
import { lastWriter } from './take-template.ts'
import { versionIn, type World } from './world.ts'
import { noteFound, writtenOf } from './written.ts'

/** Weights are whole numbers of the route; shares of them are not. */
const TOLERANCE = 0.5

/**
 * What somebody else changed of what was declared, all of it in words, or null. Nothing is put back: whoever did it may have had
 * a reason, and a person decides.
 */
export function drift(world: World): string | null {
  if (Object.keys(world.map.state.versions).length === 0) return null
  const all = [...frontDrift(world), ...workloadDrift(world)]
  return all.length === 0 ? null : all.join('; ')
}

/** Where users come to. Before a first version has any traffic that is whatever it was. */
function frontDrift(world: World): string[] {
  if (Object.values(world.map.state.weights).every((weight) => weight === 0)) return []
  if (!isByPods(world)) return routeDrift(world)
  const words = serviceDrift(world)
  return words === null ? [] : [words]
}

function routeDrift(world: World): string[] {
  const { watches, config, of } = world
  return config.routes.flatMap((ref) => {
    const route = watches.route(ref)
    if (!route) return [`${ref.kind} ${ref.name} is gone`]
    const rules = sharesByRule(route, of)
    if (rules.length === 0) return [`${ref.kind} ${ref.name} leads to ${of} no more`]
    const words = rules.flatMap((shares) => shareDrift(world, shares) ?? [])
    return [...new Set(words)].map((one) => `${ref.kind} ${ref.name} ${one}`)
  })
}

function shareDrift(world: World, shares: Shares): string | null {
  for (const slot of SLOTS) {
    const version = versionIn(world, slot)?.workload.version
    const wanted = version === undefined ? 0 : (world.map.state.weights[version] ?? 0)
    const found = shares[slot] ?? 0
    if (Math.abs(found - wanted) > TOLERANCE)
      return `gives ${Math.round(found)} % to ${nameIn(slot, world.of)}, not the ${wanted} % that were set`
  }
  return null
}

function workloadDrift(world: World): string[] {
  const byName = new Map(world.watches.controllers().map((one) => [nameOf(one), one]))
  const holder = holderOfSets(world)
  return Object.values(world.map.state.versions).flatMap((record) => {
    const { components } = render(world, record, record.slot, record.desired)
    return components.flatMap(({ controller: declared }) => {
      // What versions share has the template of one of them.
      if (isSet(declared) && record !== holder) return []
      const found = byName.get(nameOf(declared))
      if (!found) return [`${nameOf(declared)} is gone`]
      return isChanged(world, found) ? [changeOf(world, declared, found)] : []
    })
  })
}

/**
 * Whether a Deployment or StatefulSet is another than gonogo wrote last, or this deployment found; but for the number of pods, where
 * an autoscaler decides it.
 */
function isChanged(world: World, found: Controller): boolean {
  const known = noteFound(world, found)
  const now = writtenOf(found)
  if (now.uid !== known.uid) return true
  // A watch may be a moment behind what was just written.
  if (now.generation < known.generation) return false
  return now.rest !== known.rest || (now.replicas !== known.replicas && !isAutoscaled(world, found))
}

/** Ends with what tells this change from the next one, so that accepting one accepts no other. */
function changeOf(world: World, declared: Controller, found: Controller): string {
  const { replicas, rest } = writtenOf(found)
  const spec = isAutoscaled(world, found) ? rest : digestOf({ replicas, rest })
  return `${wordsOf(world, declared, found)} (spec ${spec.slice(7, 15)})`
}

function wordsOf(world: World, declared: Controller, found: Controller): string {
  const name = nameOf(declared)
  const images = imagesOf(found)
  for (const [container, wanted] of imagesOf(declared)) {
    const image = images.get(container)
    if (image !== wanted) return `${name} runs ${image ?? `no ${container}`}, not ${wanted}`
  }
  const [version, other] = [versionOf(declared), versionOf(found)]
  if (version !== other) return `${name} is of version ${other}, not ${version}`
  if (found.spec?.replicas !== declared.spec?.replicas && !isAutoscaled(world, found))
    return `${name} is set to ${found.spec?.replicas} pods, not ${declared.spec?.replicas}`
  const [from, now] = [partitionOf(declared), partitionOf(found)]
  if (from !== now) return `${name} is updated from pod ${now} on, not from pod ${from} on`
  return `${lastWriter(found.metadata?.managedFields ?? [])} changed ${name}`
}

const versionOf = ({ spec }: Controller): string =>
  spec?.template.metadata?.labels?.[LABELS.version] ?? 'none'

/** By container; those that others have put beside them are not asked for. */
const imagesOf = ({ spec }: Controller): Map<string, string | undefined> =>
  new Map((spec?.template.spec?.containers ?? []).map(({ name, image }) => [name, image]))

/** Only a StatefulSet has one; none is 0. */
const partitionOf = (one: Controller): number =>
  isSet(one) ? ((one as StatefulSet).spec?.updateStrategy?.rollingUpdate?.partition ?? 0) : 0
