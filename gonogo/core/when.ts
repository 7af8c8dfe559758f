import { z } from 'zod'

export const COMPONENT_KINDS = ['gateway', 'agent', 'mcp-server', 'database'] as const
export const RELEASE_TYPES = ['feature', 'hotfix', 'security-patch', 'configuration-change'] as const
export const RISKS = ['low', 'medium', 'high', 'critical'] as const
export const STRATEGIES = ['canary', 'blue-green', 'rolling', 'recreate'] as const
export const FLAGS = ['migrations', 'dns', 'infrastructure', 'ai', 'user-facing', 'downtime'] as const

/** What limits an item beside the release's flags. A deployment finds `breaking-change` and `rolled-back` out on its way. */
export const FACTS = [
  'breaking-change',
  'feature-flags',
  'phased-rollout',
  'log-level-change',
  'new-features',
  'status-page',
  'rolled-back',
] as const

export type Strategy = (typeof STRATEGIES)[number]
export type Flag = (typeof FLAGS)[number]
export type Fact = (typeof FACTS)[number]

/** A condition on the release. All given keys must hold; within a key one of the values is enough. `any`: one of several conditions. */
export type When = {
  readonly flag?: readonly Flag[] | undefined
  readonly component?: readonly (typeof COMPONENT_KINDS)[number][] | undefined
  readonly risk?: readonly (typeof RISKS)[number][] | undefined
  readonly strategy?: readonly Strategy[] | undefined
  /** True: only when a stable version exists. */
  readonly stable?: boolean | undefined
  readonly fact?: readonly Fact[] | undefined
  readonly any?: readonly When[] | undefined
}

export const whenSchema: z.ZodType<When> = z.lazy(() =>
  z.strictObject({
    flag: z.array(z.enum(FLAGS)).min(1).optional(),
    component: z.array(z.enum(COMPONENT_KINDS)).min(1).optional(),
    risk: z.array(z.enum(RISKS)).min(1).optional(),
    strategy: z.array(z.enum(STRATEGIES)).min(1).optional(),
    stable: z.boolean().optional(),
    fact: z.array(z.enum(FACTS)).min(1).optional(),
    any: z.array(whenSchema).min(1).optional(),
  }),
)

/** `always`, `flag migrations`, `component agent or flag ai`: the condition in words. */
export function describeWhen(when: When | undefined): string {
  if (!when) return 'always'
  const parts = Object.entries(when).flatMap(([key, value]) => {
    if (value === undefined) return []
    if (key === 'any') return [(value as readonly When[]).map(describeWhen).join(' or ')]
    if (key === 'stable') return [value ? 'a stable version exists' : 'the first deployment']
    return [`${key} ${(value as readonly string[]).join(' or ')}`]
  })
  return parts.join(' and ')
}
