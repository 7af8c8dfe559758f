import { isAutoscaled } from './autoscaling.ts'
import { render } from './bring-up.ts'
import { serviceDrift } from './by-pods.ts'
import type { Deployment } from './cluster-api.ts'
import { LABELS } from './render.ts'
import { sharesOf } from './route.ts'
import { isByPods } from './selected-pods.ts'
import { nameIn, SLOTS } from './slots.ts'
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
  const { watches, config, of, map } = world
  for (const ref of config.routes) {
    const route = watches.route(ref)
    if (!route) return `${ref.kind} ${ref.name} is gone`
    const shares = sharesOf(route, of)
    for (const slot of SLOTS) {
      const version = versionIn(world, slot)?.workload.version
      const wanted = version === undefined ? 0 : (map.state.weights[version] ?? 0)
      const found = shares[slot] ?? 0
      if (Math.abs(found - wanted) > TOLERANCE)
        return `${ref.kind} ${ref.name} gives ${Math.round(found)} % to ${nameIn(slot, of)}, not the ${wanted} % that were set`
    }
  }
  return null
}

function workloadDrift(world: World): string | null {
  const byName = new Map(world.watches.deployments().map((one) => [one.metadata?.name, one]))
  for (const record of Object.values(world.map.state.versions)) {
    const { components } = render(world, record, record.slot, record.desired)
    for (const { deployment: declared } of components) {
      const name = declared.metadata?.name ?? ''
      const found = byName.get(name)
      if (!found) return `Deployment ${name} is gone`
      const [wanted, image] = [imagesOf(declared), imagesOf(found)]
      if (wanted !== image) return `Deployment ${name} runs ${image}, not ${wanted}`
      const [version, other] = [versionOf(declared), versionOf(found)]
      if (version !== other) return `Deployment ${name} is of version ${other}, not ${version}`
      if (!isAutoscaled(world, name) && found.spec?.replicas !== record.desired)
        return `Deployment ${name} is set to ${found.spec?.replicas} pods, not ${record.desired}`
    }
  }
  return null
}

const versionOf = ({ spec }: Deployment): string =>
  spec?.template.metadata?.labels?.[LABELS.version] ?? 'none'

const imagesOf = ({ spec }: Deployment): string =>
  (spec?.template.spec?.containers ?? []).map(({ image }) => image).join(', ')
