import { z } from 'zod'
import { roleSchema } from './roles.ts'

export const COMPONENT_KINDS = ['gateway', 'agent', 'mcp-server', 'database'] as const
export const RELEASE_TYPES = ['feature', 'hotfix', 'security-patch', 'configuration-change'] as const
export const RISKS = ['low', 'medium', 'high', 'critical'] as const
export const STRATEGIES = ['canary', 'blue-green', 'rolling', 'recreate'] as const
export const FLAGS = ['migrations', 'dns', 'infrastructure', 'ai', 'user-facing', 'downtime'] as const

export type Strategy = (typeof STRATEGIES)[number]
export type Flag = (typeof FLAGS)[number]

/** A condition on the release. All given keys must hold; within a key one of the values is enough. `any`: one of several conditions. */
export type When = {
  readonly flag?: readonly Flag[] | undefined
  readonly component?: readonly (typeof COMPONENT_KINDS)[number][] | undefined
  readonly risk?: readonly (typeof RISKS)[number][] | undefined
  readonly strategy?: readonly Strategy[] | undefined
  /** True: only when a stable version exists. */
  readonly stable?: boolean | undefined
  /** Facts that only a deployment finds out: `breaking-change`, `feature-flags`, `log-level-change`, `new-features`, `rolled-back`, `status-page`. */
  readonly fact?: readonly string[] | undefined
  readonly any?: readonly When[] | undefined
}

const whenSchema: z.ZodType<When> = z.lazy(() =>
  z.strictObject({
    flag: z.array(z.enum(FLAGS)).optional(),
    component: z.array(z.enum(COMPONENT_KINDS)).optional(),
    risk: z.array(z.enum(RISKS)).optional(),
    strategy: z.array(z.enum(STRATEGIES)).optional(),
    stable: z.boolean().optional(),
    fact: z.array(z.string()).optional(),
    any: z.array(whenSchema).optional(),
  }),
)

const blankSchema = z.strictObject({ key: z.string().regex(/^[a-z][a-z0-9-]*$/), label: z.string() })

/** How an item is proved: by a check, by the deployment itself (an event in its log), or only by a person. */
export const PROOF_KINDS = ['check', 'deployment', 'attestation'] as const

export const itemSchema = z.strictObject({
  id: z.string().regex(/^(\d+(\.\d+)+|[A-Z]\.\d+\.\d+|R\d+)$/),
  /** The document's wording. */
  title: z.string().min(3),
  when: whenSchema.optional(),
  proof: z.strictObject({
    kind: z.enum(PROOF_KINDS),
    /** What is done against real systems, one or two sentences. */
    how: z.string().min(3),
    /** The false pass that must come out fail or unknown. */
    refuse: z.string().optional(),
  }),
  /** Who attests where no check is bound, and who approves a waiver. */
  role: roleSchema.default('deployment-lead'),
  /** Neither a waiver nor an attestation closes this item. */
  strict: z.boolean().default(false),
  /** Only the check counts; there is no attestation instead. */
  blanks: z.array(blankSchema).default([]),
})

export const sectionSchema = z.strictObject({
  id: z.string(),
  title: z.string(),
  /** The document's blanks below the section that belong to no single item. */
  blanks: z.array(blankSchema).default([]),
  items: z.array(itemSchema).min(1),
})

export const PHASES = ['planning', 'preparation', 'execution', 'watch', 'rollback', 'appendix'] as const

export const phaseSchema = z.strictObject({
  id: z.enum(PHASES),
  /** `1`…`4`; the rollback block and Appendix A have none. */
  number: z.number().int().optional(),
  title: z.string(),
  duration: z.string().optional(),
  gate: z
    .strictObject({
      title: z.string(),
      /** Roles whose signed GO opens it. */
      votes: z.array(roleSchema).min(1),
    })
    .optional(),
  sections: z.array(sectionSchema).min(1),
})

export const checklistSchema = z.strictObject({
  checklist: z.literal(1),
  name: z.string(),
  title: z.string(),
  version: z.string(),
  control: z.strictObject({
    owner: z.string(),
    distribution: z.array(z.string()),
    classification: z.string(),
    purpose: z.string(),
    audience: z.string(),
    lastUpdated: z.iso.date(),
    reviewCycle: z.string(),
    nextReview: z.iso.date(),
    history: z.array(
      z.strictObject({ version: z.string(), date: z.iso.date(), author: z.string(), changes: z.string() }),
    ),
    references: z.array(z.string()),
  }),
  phases: z.array(phaseSchema).min(1),
})

export type Blank = z.infer<typeof blankSchema>
export type Item = z.infer<typeof itemSchema>
export type Section = z.infer<typeof sectionSchema>
export type Phase = z.infer<typeof phaseSchema>
export type PhaseId = Phase['id']
export type Checklist = z.infer<typeof checklistSchema>

/** Every item in document order, with the section and phase it stands in. */
export function itemsOf(checklist: Checklist): { item: Item; section: Section; phase: Phase }[] {
  return checklist.phases.flatMap((phase) =>
    phase.sections.flatMap((section) => section.items.map((item) => ({ item, section, phase }))),
  )
}
