import { readFileSync } from 'node:fs'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { z } from 'zod'
import { checklistSchema } from '#core/checklist.ts'
import { releaseSchema } from '#core/release.ts'
import { serviceSchema } from '#core/service.ts'
import { formatProblem, readYamlText } from './index.ts'

const document = readFileSync(
  new URL('../../../checklists/clawdbot-production.yaml', import.meta.url),
  'utf8',
)
// A stretch of the real document keeps each run short.
const excerpt = document.slice(0, 6000)
const schemas: readonly z.ZodType[] = [checklistSchema, serviceSchema, releaseSchema]

/** Reads by every schema; a refusal has a place and is one line. */
function readAll(text: string): void {
  for (const schema of schemas) {
    const read = readYamlText('file.yaml', text, schema)
    if (read.ok) continue
    expect(read.problems.length).toBeGreaterThan(0)
    for (const problem of read.problems) {
      expect(problem.line).toBeGreaterThan(0)
      expect(problem.column).toBeGreaterThan(0)
      expect(formatProblem(problem)).toMatch(/^file\.yaml:\d+:\d+: [^\n\r\u2028\u2029]+$/)
    }
  }
}

test('bytes of any kind are read or refused, never thrown at', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => readAll(new TextDecoder().decode(bytes))),
    { numRuns: 300 },
  )
})

test('text made of YAML’s own signs is read or refused, never thrown at', () => {
  const signs = fc.constantFrom(
    ...'[]{}:,-?&*!|>%@`#\'"\n\t ~=<',
    'a',
    '1',
    '__proto__',
    'null',
    '&a ',
    '*a',
    '<<: ',
    '!!map ',
    '---\n',
    '...\n',
  )
  fc.assert(
    fc.property(fc.array(signs, { maxLength: 60 }), (parts) => readAll(parts.join(''))),
    { numRuns: 500 },
  )
})

test('a document with a piece cut out, doubled or overwritten is read or refused, never thrown at', () => {
  const place = fc.nat({ max: excerpt.length })
  const change = fc.record({
    from: place,
    length: fc.nat({ max: 300 }),
    put: fc.oneof(fc.string(), fc.constant('  - '), fc.constant(': ')),
  })
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      readAll(
        changes.reduce(
          (text, { from, length, put }) => text.slice(0, from) + put + text.slice(from + length),
          excerpt,
        ),
      )
    }),
    { numRuns: 100 },
  )
})
