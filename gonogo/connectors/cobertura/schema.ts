import { z } from 'zod'

const whole = z.string().regex(/^\d+$/, 'a whole number').transform(Number)

const linesSchema = z.union([
  z.literal(''),
  z.object({
    line: z.array(z.object({ '@': z.object({ number: whole, hits: whole }) })).default([]),
  }),
])

const classSchema = z.object({
  '@': z.object({ filename: z.string().min(1) }),
  lines: z.array(linesSchema).default([]),
})

const classesSchema = z.union([z.literal(''), z.object({ class: z.array(classSchema).default([]) })])
const packageSchema = z.object({ classes: z.array(classesSchema).default([]) })
const packagesSchema = z.union([z.literal(''), z.object({ package: z.array(packageSchema).default([]) })])

export const coberturaSchema = z.object({
  coverage: z.tuple([
    z.object({
      '@': z.object({ 'lines-valid': whole.optional(), 'lines-covered': whole.optional() }).default({}),
      packages: z.tuple([packagesSchema]),
    }),
  ]),
})
