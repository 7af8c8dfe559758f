import { mkdtemp, open, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readEvidenceFile } from './evidence-file/index.ts'
import { READER_SAMPLES, type ReaderSample } from './readers.samples.ts'
import { ReadingProblem } from './reading-problem.ts'

const RUNS = 300

/** What a text came to: a value, or a problem. Anything else that is thrown fails the test. */
function outcome(sample: ReaderSample, text: string): { value: unknown } | { problem: string } {
  try {
    return { value: sample.read(text) }
  } catch (problem) {
    if (problem instanceof ReadingProblem) return { problem: problem.code }
    throw problem
  }
}

/** A document with one part of it cut out, doubled or written over. */
const mutation = (text: string) =>
  fc
    .tuple(
      fc.nat(text.length),
      fc.nat(40),
      fc.oneof(fc.constant(''), fc.string(), fc.string({ unit: 'binary' })),
    )
    .map(([at, length, put]) => text.slice(0, at) + put + text.slice(at + length))

/** A JSON document with one value in it replaced by any other. */
const valueMutation = (text: string) =>
  fc.tuple(fc.nat(200), fc.jsonValue()).map(([nth, value]) => {
    let seen = 0
    return JSON.stringify(JSON.parse(text, (_key, old) => (seen++ === nth ? value : old)))
  })

describe.each(READER_SAMPLES)('the reader of $name', (sample) => {
  test('reads its own document', () => {
    expect(outcome(sample, sample.text)).toHaveProperty('value')
  })

  test('takes no garbage for a report', () => {
    const garbage = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.lorem(),
      fc.constantFrom('{}', '<a/>', 'null', '0'),
    )
    fc.assert(
      fc.property(garbage, (text) => {
        const harmless = sample.name === 'GitHub reviews' && text.trim() === '[]'
        if (!harmless) expect(outcome(sample, text)).toHaveProperty('problem')
      }),
      { numRuns: RUNS },
    )
  })

  test('takes no document of another format for its own', () => {
    const others = READER_SAMPLES.filter(
      ({ name }) => name.split(' ')[0] !== sample.name.split(' ')[0] || name.startsWith('GitHub'),
    )
    for (const other of others.filter(({ name }) => name !== sample.name))
      expect.soft(outcome(sample, other.text), other.name).toHaveProperty('problem')
  })

  test('takes no document that is cut off for a whole one', () => {
    const whole = sample.text.trimEnd()
    for (let end = 0; end < whole.length; end += 1)
      if (!(sample.isListOfLines && whole[end - 1] === '\n'))
        expect(outcome(sample, whole.slice(0, end)), `cut at ${end}`).toHaveProperty('problem')
  })

  test('takes no document that is nested without an end', () => {
    const deep = 100_000
    const object = `{"openapi":"3.1.0","info":{"title":"t","version":"1"},"paths":{"/a":{"get":${'{"a":'.repeat(deep)}1${'}'.repeat(deep)}}}}`
    const suites = `${'<testsuite>'.repeat(deep)}${'</testsuite>'.repeat(deep)}`
    for (const text of ['['.repeat(deep), `${'['.repeat(deep)}${']'.repeat(deep)}`, object, suites])
      expect(outcome(sample, text)).toHaveProperty('problem')
  })

  test('meets a damaged document with a problem or a value, and throws nothing else', () => {
    fc.assert(
      fc.property(mutation(sample.text), (text) => void outcome(sample, text)),
      { numRuns: RUNS },
    )
    if (sample.text.startsWith('{') || sample.text.startsWith('['))
      fc.assert(
        fc.property(valueMutation(sample.text), (text) => void outcome(sample, text)),
        { numRuns: RUNS },
      )
  })
})

describe('a file of evidence', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'gonogo-evidence-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  const codeOf = (path: string) =>
    readEvidenceFile(folder, path).then(
      () => 'read',
      (problem) => problem.code,
    )

  test('of 1 GB is refused by its size, without being read', async () => {
    const file = await open(join(folder, 'huge.sarif'), 'w')
    await file.truncate(2 ** 30)
    await file.close()
    const started = performance.now()
    expect(await codeOf('huge.sarif')).toBe('too-large')
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('that is missing, empty, blank, binary or a folder is a problem that says so', async () => {
    await writeFile(join(folder, 'empty'), '')
    await writeFile(join(folder, 'blank'), ' \n\t')
    await writeFile(join(folder, 'binary'), Buffer.from([0xff, 0xfe, 0x00, 0x01]))
    await writeFile(join(folder, 'nul'), 'a\0b')
    expect(await Promise.all(['missing', 'empty', 'blank', 'binary', 'nul', '.'].map(codeOf))).toEqual([
      'missing',
      'empty',
      'empty',
      'binary',
      'binary',
      'not-a-file',
    ])
  })
})
