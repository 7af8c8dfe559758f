import type { Strategy } from './checklist.ts'
import type { Effect } from './events.ts'
import type { PlanStep } from './planned.ts'
import type { DeploymentState } from './state.ts'

/** One effect and the stable key under which it is attempted at least once and does its work once. */
export type Keyed = { readonly key: string; readonly effect: Effect }

/** The steps of a strategy: the weight after each, and how long it is watched before the next. */
export function stepsOf(
  strategy: Strategy,
  policy: { steps: readonly { weight: number; wait: number }[]; rollingWait: number },
  replicas: number,
): PlanStep[] {
  if (strategy === 'canary') return policy.steps.map((s) => ({ weight: s.weight, waitMs: s.wait }))
  if (strategy === 'rolling')
    return Array.from({ length: replicas }, (_, i) => ({
      weight: ((i + 1) * 100) / replicas,
      waitMs: policy.rollingWait,
    }))
  return [{ weight: 100, waitMs: policy.steps.at(-1)?.wait ?? 0 }]
}

/** What brings the new version up beside (or, for recreate, after) the old one, in order, with no traffic on it. */
export function deployEffects(state: DeploymentState): Keyed[] {
  const { release, stable, strategy, replicas } = state.opened
  const migrate: Keyed[] = hasMigration(state)
    ? [{ key: 'migrate:up', effect: { kind: 'migrate', direction: 'up', to: release.schemaVersion ?? null } }]
    : []
  const stop: Keyed[] =
    strategy === 'recreate' && stable
      ? [{ key: 'stop:stable', effect: { kind: 'scale', version: stable.version, replicas: 0 } }]
      : []
  const first = strategy === 'rolling' ? 1 : (state.opened.plan.steps[0]?.pods ?? replicas)
  return [
    ...stop,
    ...migrate,
    {
      key: `deploy:${release.version}`,
      effect: { kind: 'deploy', version: release.version, replicas: first },
    },
  ]
}

/**
 * What makes a step true, in order. Rolling starts the next new instance before it ends an old one; where that takes the place
 * of an old one, traffic leaves first, or the last old one would be gone with traffic of its own. Where the share is that of the
 * pods, the new ones are started first.
 */
export function stepEffects(state: DeploymentState, step: number): Keyed[] {
  const { release, stable, strategy, replicas } = state.opened
  const { steps, inPlace = false } = state.opened.plan
  const { weight = 0, pods } = steps[step] ?? {}
  const weights: Keyed = {
    key: `weights:${step}`,
    effect: {
      kind: 'weights',
      weights: shares(release.version, stable?.version, weight),
      ...(pods !== undefined && { byPods: true }),
    },
  }
  const grow = (replicas: number): Keyed[] =>
    step === 0 ? [] : [{ key: `grow:${step}`, effect: { kind: 'scale', version: release.version, replicas } }]
  if (strategy !== 'rolling' || !stable) return pods === undefined ? [weights] : [...grow(pods), weights]
  const [grown, shared] = [grow(step + 1), [weights]]
  return [
    ...(inPlace ? [...shared, ...grown] : [...grown, ...shared]),
    {
      key: `shrink:${step}`,
      effect: { kind: 'scale', version: stable.version, replicas: replicas - step - 1 },
    },
  ]
}

function shares(canary: string, stable: string | undefined, weight: number): Record<string, number> {
  return stable ? { [canary]: weight, [stable]: 100 - weight } : { [canary]: 100 }
}

export const promoteEffect = (state: DeploymentState): Keyed => ({
  key: `promote:${state.opened.release.version}`,
  effect: { kind: 'promote', version: state.opened.release.version },
})

/** The way back: traffic first, then workloads and configuration together. Without a stable version the new one is taken away. */
export function revertEffect(state: DeploymentState): Keyed {
  const { release, stable } = state.opened
  return stable
    ? {
        key: `revert:${stable.version}`,
        effect: { kind: 'revert', version: stable.version, drop: release.version },
      }
    : { key: 'revert:none', effect: { kind: 'cleanup', keep: [] } }
}

export const hasMigration = (state: DeploymentState): boolean => state.opened.flags.includes('migrations')
