import type { Circumstances } from './plan-applies.ts'
import type { PlanInput } from './planned.ts'
import type { Release } from './release.ts'
import type { Service } from './service.ts'
import { FACTS, type Fact, FLAGS, type Flag, type Strategy } from './when.ts'

type Known = Circumstances & { readonly strategyReason: string; readonly notes: readonly string[] }

/** What the conditions of a checklist are looked up in, from the release, the service and what was derived from the change. */
export function circumstancesOf({ release, stable, service, facts }: PlanInput): Known {
  const { strategy, strategyReason } = strategyOf(release, stable)
  const derivedFlags = derivedFlagsOf(release, stable, strategy, facts)
  const set = FLAGS.filter((flag) => release?.flags[flag] === true)
  return {
    release,
    stable,
    strategy,
    strategyReason,
    flags: new Set([...set, ...derivedFlags]),
    derivedFlags,
    facts: factsOf(release, service, facts),
    notes: [...derivedFlags].filter((flag) => release?.flags[flag] === false).map(cannotClear),
  }
}

const cannotClear = (flag: Flag): string =>
  `the flag ${flag} is derived from the change and stays set: the release file cannot clear it`

/** Nobody can serve the other share of the traffic on a first deployment, so it is a recreate. */
function strategyOf(release: Release | null, stable: Release | null | undefined) {
  if (!release)
    return {
      strategy: 'canary',
      strategyReason: 'no release is named; these are the steps of a canary',
    } as const
  if (stable === null && release.strategy !== 'recreate')
    return {
      strategy: 'recreate',
      strategyReason: `first deployment: no stable version can serve the other share of the traffic, so the strategy is recreate, not ${release.strategy}`,
    } as const
  return { strategy: release.strategy, strategyReason: 'declared in the release' }
}

function derivedFlagsOf(
  release: Release | null,
  stable: Release | null | undefined,
  strategy: Strategy,
  facts: readonly string[],
): Set<Flag> {
  const given = FLAGS.filter((flag) => facts.includes(flag))
  const [from, to] = [stable?.schemaVersion, release?.schemaVersion]
  const isSchemaNew = from !== undefined && to !== undefined && from !== to
  const hasDowntime = stable != null && strategy === 'recreate'
  return new Set<Flag>([
    ...given,
    ...(isSchemaNew ? ['migrations' as const] : []),
    ...(hasDowntime ? ['downtime' as const] : []),
  ])
}

function factsOf(release: Release | null, service: Service, facts: readonly string[]): Set<Fact> {
  const shown: Readonly<Partial<Record<Fact, boolean>>> = {
    'feature-flags': Object.keys(release?.featureFlags ?? {}).length > 0,
    'new-features': (release?.newFeatures.length ?? 0) > 0,
    'log-level-change': service.checks['2.4.3'] !== undefined,
    'status-page': service.audiences['status-page'] !== undefined,
  }
  return new Set(FACTS.filter((fact) => shown[fact] || facts.includes(fact)))
}
