import type { Release } from './release.ts'
import { describeWhen, type Fact, type Flag, type Strategy, type When } from './when.ts'

/** Whether an item is for this release, and why, in words. `later`: only the deployment finds out, and `fact` names what. */
export type Applies = {
  readonly applies: 'yes' | 'no' | 'later'
  readonly reason: string
  readonly fact: Fact | null
}

/** What a condition is looked up in. A release of null: none is named yet. A stable of undefined: nobody has looked. */
export type Circumstances = {
  readonly release: Release | null
  readonly stable: Release | null | undefined
  readonly strategy: Strategy
  readonly flags: ReadonlySet<Flag>
  readonly derivedFlags: ReadonlySet<Flag>
  readonly facts: ReadonlySet<Fact>
}

/** Whether a condition holds for a release. Of keys side by side all must hold, of `any` and of a key's values one. */
export function evaluateWhen(when: When | undefined, around: Circumstances): Applies {
  if (!when) return yes('for every release')
  const parts = Object.entries(when).flatMap(([key, value]) =>
    value === undefined ? [] : [evaluatePart({ [key]: value }, around)],
  )
  const no = parts.find((part) => part.applies === 'no')
  const later = parts.find((part) => part.applies === 'later')
  return no ?? later ?? yes(parts.map((part) => part.reason).join('; '))
}

function evaluatePart(when: When, around: Circumstances): Applies {
  if (when.any) return evaluateAny(when.any, around)
  if (when.stable !== undefined) return evaluateStable(when.stable, around.stable)
  if (when.fact) return evaluateFacts(when.fact, around)
  const { release, strategy } = around
  if (!release)
    return { applies: 'later', reason: `only for a release with ${describeWhen(when)}`, fact: null }
  if (when.flag) return evaluateFlags(when.flag, around)
  if (when.risk) return among(when.risk, [release.risk], 'the risk is', 'at risk')
  if (when.strategy) return among(when.strategy, [strategy], 'the strategy is', 'with the strategy')
  return among(when.component ?? [], release.components, 'the release changes', 'where the release changes')
}

function evaluateAny(conditions: readonly When[], around: Circumstances): Applies {
  const parts = conditions.map((condition) => evaluateWhen(condition, around))
  const holds = parts.find((part) => part.applies === 'yes')
  if (holds) return holds
  const later = parts.filter((part) => part.applies === 'later')
  const fact = later.find((part) => part.fact)?.fact ?? null
  if (later.length > 0)
    return { applies: 'later', reason: later.map((part) => part.reason).join(' or '), fact }
  return no(parts.map((part) => part.reason).join('; '))
}

function among(wanted: readonly string[], there: readonly string[], is: string, only: string): Applies {
  const found = wanted.filter((value) => there.includes(value))
  if (found.length > 0) return yes(`${is} ${found.join(', ')}`)
  return no(`only ${only} ${wanted.join(' or ')}; here: ${there.join(', ')}`)
}

function evaluateFlags(wanted: readonly Flag[], { flags, derivedFlags }: Circumstances): Applies {
  const found = wanted.filter((flag) => flags.has(flag))
  if (found.length === 0)
    return no(`only for a release with the flag ${wanted.join(' or ')}, which is not set`)
  const isDerived = found.every((flag) => derivedFlags.has(flag))
  return yes(
    `the flag ${found.join(', ')} is ${isDerived ? 'derived from the change' : 'set in the release'}`,
  )
}

function evaluateStable(wanted: boolean, stable: Release | null | undefined): Applies {
  if (stable === undefined)
    return {
      applies: 'later',
      reason: `only ${wanted ? 'where a stable version exists' : 'on the first deployment'}`,
      fact: null,
    }
  if (stable === null && wanted) return no('first deployment: there is no stable version to compare with')
  if (stable && !wanted) return no(`only on the first deployment; the stable version is ${stable.version}`)
  return yes(stable ? `there is a stable version, ${stable.version}` : 'this is the first deployment')
}

type FactWords = { readonly yes: string; readonly no: string; readonly later?: string }

/** Facts with `later` are found out by the deployment itself. */
const FACT_WORDS: Readonly<Record<Fact, FactWords>> = {
  'breaking-change': {
    yes: 'a commit of this release announces a breaking change',
    no: 'first deployment: there is no earlier API that could break',
    later: 'only if the comparison with the stable API or a commit shows a breaking change',
  },
  'feature-flags': { yes: 'the release names feature flags', no: 'the release names no feature flag' },
  'phased-rollout': {
    yes: 'the release is rolled out in phases',
    no: 'the release is not rolled out in phases',
  },
  'log-level-change': {
    yes: 'a change of the logging level is declared',
    no: 'no change of the logging level is declared',
  },
  'new-features': { yes: 'the release names new features', no: 'the release names no new feature' },
  'status-page': { yes: 'the service has a status page', no: 'the service declares no status page' },
  'rolled-back': {
    yes: 'the deployment is rolled back',
    no: 'no rollback',
    later: 'only if the deployment is rolled back',
  },
}

function evaluateFacts(wanted: readonly Fact[], { facts, release, stable }: Circumstances): Applies {
  const found = wanted.find((fact) => facts.has(fact))
  if (found) return yes(FACT_WORDS[found].yes)
  const open = wanted.find(
    (fact) => FACT_WORDS[fact].later && !(fact === 'breaking-change' && stable === null),
  )
  if (open) return { applies: 'later', reason: FACT_WORDS[open].later ?? '', fact: open }
  if (!release && !wanted.includes('status-page'))
    return { applies: 'later', reason: `only for a release with ${wanted.join(' or ')}`, fact: null }
  return no(wanted.map((fact) => FACT_WORDS[fact].no).join('; '))
}

const yes = (reason: string): Applies => ({ applies: 'yes', reason, fact: null })
const no = (reason: string): Applies => ({ applies: 'no', reason, fact: null })
