import { z } from 'zod'

/** The names that a template may hold as `{{name}}`; who renders one fills them all. */
export const TEMPLATE_NAMES = [
  'artifact',
  'backupFile',
  'deployment',
  'image',
  'log',
  'manifest',
  'namespace',
  'selector',
  'service',
  'stableRevision',
  'stableVersion',
  'url',
  'version',
] as const

export type TemplateName = (typeof TEMPLATE_NAMES)[number]

const NAME = /\{\{(\w+)\}\}/g

const templateSchema = z.string().refine((text) => namesIn(text).every(isTemplateName), {
  error: (issue) => {
    const wrong = namesIn(String(issue.input)).filter((name) => !isTemplateName(name))
    return `no such name: ${wrong.join(', ')}; there are ${TEMPLATE_NAMES.join(', ')}`
  },
})

const runbookStepSchema = z.strictObject({
  number: z.number().int().positive(),
  part: z.enum(['Pre-Deployment', 'Deployment', 'Validation', 'Rollback (if needed)']),
  title: z.string(),
  /** Commands by the kind of target; every line stands alone in a shell. */
  commands: z.record(z.string(), z.array(templateSchema).min(1)),
})

const querySchema = z.strictObject({
  key: z.string(),
  title: z.string(),
  language: z.enum(['promql', 'shell']),
  text: templateSchema,
})

export const appendicesSchema = z.strictObject({
  runbook: z.array(runbookStepSchema).default([]),
  queries: z.array(querySchema).default([]),
})

/** The text with its names filled in. A name without a value stays as `{{name}}`, where a reader sees that it is missing. */
export const fillTemplate = (text: string, values: Readonly<Partial<Record<TemplateName, string>>>): string =>
  text.replace(NAME, (whole, name: string) => (isTemplateName(name) ? (values[name] ?? whole) : whole))

const namesIn = (text: string): string[] => [...text.matchAll(NAME)].map((match) => match[1] ?? '')
const isTemplateName = (name: string): name is TemplateName =>
  (TEMPLATE_NAMES as readonly string[]).includes(name)
