import { isAutoscaled } from './autoscaling.ts'
import { render } from './bring-up.ts'
import { serviceDrift } from './by-pods.ts'
import type { Controller, StatefulSet } from './cluster-api.ts'
import { isSet } from './controllers.ts'
import { LABELS } from './render.ts'
import { type Shares, sharesByRule } from './route.ts'
import type { VersionRecord } from './saved-state.ts'
import { isByPods } from './selected-pods.ts'
import { holderOfSets } from './set-share.ts'
import { nameIn, SLOTS } from './slots.ts'
import { merged, ownedByOthers, without } from './take-template.ts'
import { versionIn, type World } from './world.ts'

/** Weights are whole numbers of the route; shares of them are not. */
const TOLERANCE = 0.5

/**
 * What somebody else changed of what was declared, in words, or null. Nothing is put back: whoever did it may have had a
 * reason, and a person decides.
 */
export function drift(world: World): string | null {
  if (Object.keys(world.map.state.versions).length === 0) return null
  return (isByPods(world) ? serviceDrift(world) : routeDrift(world)) ?? workloadDrift(world)
}

function routeDrift(world: World): string | null {
  const { watches, config, of } = world
  for (const ref of config.routes) {
    const route = watches.route(ref)
    if (!route) return `${ref.kind} ${ref.name} is gone`
    const rules = sharesByRule(route, of)
    if (rules.length === 0) return `${ref.kind} ${ref.name} leads to ${of} no more`
    for (const shares of rules) {
      const words = shareDrift(world, shares)
      if (words !== null) return `${ref.kind} ${ref.name} ${words}`
    }
  }
  return null
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

function workloadDrift(world: World): string | null {
  const byName = new Map(world.watches.controllers().map((one) => [nameOf(one), one]))
  const holder = holderOfSets(world)
  for (const record of Object.values(world.map.state.versions)) {
    const { components } = render(world, record, record.slot, record.desired)
    for (const { controller: declared } of components) {
      // What versions share has the template of one of them.
      if (isSet(declared) && record !== holder) continue
      const found = byName.get(nameOf(declared))
      const problem = controllerDrift(world, declared, found) ?? templateDrift(world, record, found)
      if (problem) return problem
    }
  }
  return null
}

function controllerDrift(world: World, declared: Controller, found: Controller | undefined): string | null {
  const name = nameOf(declared)
  if (!found) return `${name} is gone`
  const [wanted, image] = [imagesOf(declared), imagesOf(found)]
  if (wanted !== image) return `${name} runs ${image}, not ${wanted}`
  const [version, other] = [versionOf(declared), versionOf(found)]
  if (version !== other) return `${name} is of version ${other}, not ${version}`
  if (isAutoscaled(world, declared)) return null
  if (found.spec?.replicas !== declared.spec?.replicas)
    return `${name} is set to ${found.spec?.replicas} pods, not ${declared.spec?.replicas}`
  const [from, now] = [partitionOf(declared), partitionOf(found)]
  return from === now ? null : `${name} is updated from pod ${now} on, not from pod ${from} on`
}

/**
 * What others have put into a pod template. Only gonogo makes those beside the stable one; in that one, what was there at the first
 * look was there before.
 */
function templateDrift(
  { templatesFound }: World,
  { slot }: VersionRecord,
  found?: Controller,
): string | null {
  if (!found) return null
  const name = nameOf(found)
  const others = ownedByOthers(found.metadata?.managedFields ?? [])
  if (!templatesFound.has(name))
    templatesFound.set(name, slot === 'stable' ? [...others.values()].reduce(merged, {}) : {})
  const before = templatesFound.get(name) ?? {}
  const who = [...others].find(([, fields]) => Object.keys(without(fields, before)).length > 0)
  return who ? `${name}: ${who[0]} changed its pod template` : null
}

const nameOf = ({ kind, metadata }: Controller): string => `${kind} ${metadata?.name}`

const versionOf = ({ spec }: Controller): string =>
  spec?.template.metadata?.labels?.[LABELS.version] ?? 'none'

const imagesOf = ({ spec }: Controller): string =>
  (spec?.template.spec?.containers ?? []).map(({ image }) => image).join(', ')

/** Only a StatefulSet has one; none is 0. */
const partitionOf = (one: Controller): number =>
  isSet(one) ? ((one as StatefulSet).spec?.updateStrategy?.rollingUpdate?.partition ?? 0) : 0
