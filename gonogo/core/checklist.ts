import { z } from 'zod'
import {
  closingSchema,
  escalationSchema,
  externalContactSchema,
  rollbackCriterionSchema,
} from './checklist-closing.ts'
import { appendicesSchema } from './checklist-runbook.ts'
import { roleSchema } from './roles.ts'
import { STRATEGIES, whenSchema } from './when.ts'

export {
  COMPONENT_KINDS,
  type Fact,
  FLAGS,
  type Flag,
  RELEASE_TYPES,
  RISKS,
  STRATEGIES,
  type Strategy,
  type When,
} from './when.ts'

/** A blank of the document. Keys are unique in their section or item. */
const blankSchema = z.strictObject({
  key: z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower case letters, digits and dashes'),
  label: z.string(),
  unit: z.string().optional(),
  /** The item whose proof fills it; without one the deployment's own log does. */
  from: z.string().optional(),
})

/** How an item is proved: by a check, by the deployment itself (an event in its log), or only by a person. */
export const PROOF_KINDS = ['check', 'deployment', 'attestation'] as const

/** What in a deployment's log can prove an item. */
export const PROVED_BY = [
  'votes',
  'prerequisites',
  'deploy',
  'step',
  'watchHeld',
  'notified',
  'report',
  'rollbackDecided',
  'rollbackSent',
  'reverted',
  'incident',
] as const

/** When an item is evaluated, in the order of a deployment. The rollback's items are reached by a rollback only. */
export const STAGES = [
  'planning',
  'preparation',
  'prechecks',
  'startup',
  'smoke',
  'shift',
  'validate',
  'firstHour',
  'watch',
  'documentation',
  'cleanup',
  'rollback',
] as const

export const PHASES = ['planning', 'preparation', 'execution', 'watch', 'rollback', 'appendix'] as const

const proofSchema = z
  .strictObject({
    kind: z.enum(PROOF_KINDS),
    /** For kind `deployment`: what in the log proves it. */
    by: z.enum(PROVED_BY).optional(),
    /** What is done against real systems, one or two sentences. */
    how: z.string().min(3),
    /** The false pass that must come out fail or unknown. */
    refuse: z.string().optional(),
  })
  .refine((proof) => (proof.kind === 'deployment') === (proof.by !== undefined), {
    path: ['by'],
    message: 'kind deployment says by what, and no other kind does',
  })

export const itemSchema = z.strictObject({
  id: z.string().regex(/^(\d+(\.\d+)+|[A-Z]\.\d+\.\d+|R\d+)$/, 'an id such as 1.3.6, A.4.1 or R3'),
  /** The document's wording. */
  title: z.string().min(3),
  /** What the document adds in brackets. */
  note: z.string().optional(),
  when: whenSchema.optional(),
  proof: proofSchema,
  /** Who attests where no check is bound, and who approves a waiver. */
  role: roleSchema.default('deployment-lead'),
  /** Neither a waiver nor an attestation closes this item. */
  strict: z.boolean().default(false),
  /** When it is evaluated, where that is not its section's stage. */
  stage: z.enum(STAGES).optional(),
  /** The gate by which it must hold, where that is not its stage's; `execution` on a later stage: before traffic. */
  gate: z.enum(['planning', 'preparation', 'execution']).optional(),
  blanks: z.array(blankSchema).default([]),
})

export const sectionSchema = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    /** The heading that the document sets above several sections. */
    under: z.strictObject({ id: z.string(), title: z.string() }).optional(),
    /** When its items are evaluated. */
    stage: z.enum(STAGES),
    /** The document's heading above the blanks. */
    blanksTitle: z.string().optional(),
    /** The document's blanks below the section that belong to no single item. */
    blanks: z.array(blankSchema).default([]),
    /** Section 3.1: exactly one of these is marked, by the release's strategy. */
    choices: z
      .array(z.strictObject({ strategy: z.enum(STRATEGIES), title: z.string(), note: z.string() }))
      .default([]),
    items: z.array(itemSchema).default([]),
  })
  .refine((section) => section.items.length + section.choices.length > 0, 'a section has items or choices')

export const phaseSchema = z.strictObject({
  id: z.enum(PHASES),
  /** `1`…`4`; the rollback block and Appendix A have none. */
  number: z.number().int().optional(),
  title: z.string(),
  duration: z.string().optional(),
  /** The quick reference's words. */
  criticalItems: z.string().optional(),
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
  /** The blanks at the head of the document. */
  header: z.array(blankSchema).default([]),
  phases: z.array(phaseSchema).min(1),
  rollbackCriteria: z.array(rollbackCriterionSchema).default([]),
  escalation: z.array(escalationSchema).default([]),
  external: z.array(externalContactSchema).default([]),
  closing: closingSchema.prefault({}),
  appendices: appendicesSchema.prefault({}),
})

export type Blank = z.infer<typeof blankSchema>
export type Item = z.infer<typeof itemSchema>
export type Section = z.infer<typeof sectionSchema>
export type Phase = z.infer<typeof phaseSchema>
export type PhaseId = Phase['id']
export type Stage = (typeof STAGES)[number]
export type ProvedBy = (typeof PROVED_BY)[number]
export type Checklist = z.infer<typeof checklistSchema>

/** The blanks that an item fills: its own, and those of the sections that name it. */
export const blanksOf = (checklist: Checklist, id: string): Blank[] => [
  ...itemsOf(checklist).flatMap(({ item }) => (item.id === id ? item.blanks : [])),
  ...checklist.phases.flatMap(({ sections }) =>
    sections.flatMap(({ blanks }) => blanks.filter(({ from }) => from === id)),
  ),
]

/** Every item in document order, with the section and phase it stands in. */
export function itemsOf(checklist: Checklist): { item: Item; section: Section; phase: Phase }[] {
  return checklist.phases.flatMap((phase) =>
    phase.sections.flatMap((section) => section.items.map((item) => ({ item, section, phase }))),
  )
}
