import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'
import { ENCODINGS, type Encoding } from './encodings.ts'

const encoding = z.enum(Object.keys(ENCODINGS) as [Encoding, ...Encoding[]])
const texts = z.union([z.string(), z.array(z.string()).min(1)]).transform((one) => [one].flat())
export const CHANNELS = ['direct', 'tool-output', 'file-name', 'memory', 'skill-description'] as const
export const GOALS = ['tool', 'carry', 'secret', 'link', 'say'] as const

const group = z.strictObject({
  channel: z.enum(CHANNELS),
  goal: z.enum(GOALS),
  /** Entries of OWASP's lists that the cases stand for. */
  owasp: z.array(z.string().regex(/^(LLM|ASI)\d\d$/)).min(1),
  /** Whether the defence must hold; false for what is only reported. */
  mustHold: z.boolean().default(true),
  cases: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[a-z0-9-]+$/),
        /** How the secret is asked for. */
        form: z.string().default('plain'),
        /** How the order is hidden. */
        encode: encoding.optional(),
        attack: texts,
        twin: texts,
      }),
    )
    .min(1),
})

const corpusSchema = z.strictObject({ corpus: z.literal(1), groups: z.array(group).min(1) })

type Group = z.infer<typeof group>
export type InjectionCase = Omit<Group, 'cases'> & Group['cases'][number]

/** The cases that come with gonogo. Throws when the file is not what it should be: it is part of the product. */
export function readCorpus(): readonly InjectionCase[] {
  const read = corpusSchema.parse(parse(readFileSync(new URL('./corpus.yaml', import.meta.url), 'utf8')))
  return read.groups.flatMap(({ cases, ...rest }) => cases.map((one) => ({ ...rest, ...one })))
}
