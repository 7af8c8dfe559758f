import { digestOf } from '#core/json.ts'
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
import { lastWriter, ownersBeside } from './take-template.ts'
import { versionIn, type World } from './world.ts'

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
    return components.flatMap(({ name, controller: declared }) => {
      // What versions share has the template of one of them.
      if (isSet(declared) && record !== holder) return []
      const found = byName.get(nameOf(declared))
      if (!found) return [`${nameOf(declared)} is gone`]
      const template = controllerDrift(declared, found) ?? templateDrift(world, record, found) ?? []
      const size = (isCounted(world, record, name, declared) && sizeDrift(declared, found)) || []
      return [template, size].flat()
    })
  })
}

function controllerDrift(declared: Controller, found: Controller): string | null {
  const name = nameOf(declared)
  const images = imagesOf(found)
  for (const [container, wanted] of imagesOf(declared)) {
    const image = images.get(container)
    if (image !== wanted) return `${name} runs ${image ?? `no ${container}`}, not ${wanted}`
  }
  const [version, other] = [versionOf(declared), versionOf(found)]
  return version === other ? null : `${name} is of version ${other}, not ${version}`
}

/** Whether gonogo decides how many pods there are: not an autoscaler, nor who deployed a component before gonogo. */
function isCounted(
  world: World,
  { manifests }: VersionRecord,
  component: string,
  declared: Controller,
): boolean {
  const wasFound = manifests.some((one) => one.component === component && one.isFound)
  return !isAutoscaled(world, declared) && (!wasFound || world.config.components[component]?.public === true)
}

function sizeDrift(declared: Controller, found: Controller): string | null {
  const name = nameOf(declared)
  if (found.spec?.replicas !== declared.spec?.replicas)
    return `${name} is set to ${found.spec?.replicas} pods, not ${declared.spec?.replicas}`
  const [from, now] = [partitionOf(declared), partitionOf(found)]
  return from === now ? null : `${name} is updated from pod ${now} on, not from pod ${from} on`
}

/**
 * What others have put into a Deployment's pod template. What the stable version's had when the deployment began is no change;
 * the others are gonogo's alone. A StatefulSet's is written anew with each step.
 */
function templateDrift(
  { map: { state } }: World,
  { workload, slot }: VersionRecord,
  live: Controller,
): string | null {
  if (isSet(live)) return null
  const digest = templateDigest(live)
  const fields = live.metadata?.managedFields ?? []
  const words = (who: string) => `${nameOf(live)}: ${who} changed its pod template (${digest.slice(7, 15)})`
  const before = state.found?.version === workload.version ? state.found.templates[nameOf(live)] : undefined
  if (slot === 'stable' && (before !== undefined || state.found === null))
    return before === undefined || before === digest ? null : words(lastWriter(fields))
  const [who] = ownersBeside(fields)
  return who === undefined ? null : words(who)
}

/** Of a pod template as the cluster has it. */
export const templateDigest = ({ spec }: Controller): string => digestOf(spec?.template ?? null)

export const nameOf = ({ kind, metadata }: Controller): string => `${kind} ${metadata?.name}`

const versionOf = ({ spec }: Controller): string =>
  spec?.template.metadata?.labels?.[LABELS.version] ?? 'none'

/** By container; those that others have put beside them are not asked for. */
const imagesOf = ({ spec }: Controller): Map<string, string | undefined> =>
  new Map((spec?.template.spec?.containers ?? []).map(({ name, image }) => [name, image]))

/** Only a StatefulSet has one; none is 0. */
const partitionOf = (one: Controller): number =>
  isSet(one) ? ((one as StatefulSet).spec?.updateStrategy?.rollingUpdate?.partition ?? 0) : 0
