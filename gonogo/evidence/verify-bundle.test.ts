import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { samplesFile, smallLog } from './bundle/small-log.ts'
import { exportBundle } from './bundle.ts'
import { openEvidenceStore } from './evidence-store.ts'
import { verifyBundle } from './verify-bundle.ts'

const home = mkdtempSync(join(tmpdir(), 'gonogo-verify-'))
const [whole, folder] = [join(home, 'whole'), join(home, 'bundle')]

beforeAll(async () => {
  const evidenceStore = openEvidenceStore(join(home, 'evidence'))
  const log = await smallLog(await evidenceStore.put('scan.txt', 'text/plain', '0 findings'))
  const files = { 'report.html': Buffer.from('<p>GO</p>'), 'samples.jsonl': samplesFile }
  await exportBundle({ records: log.records, evidenceStore, files, folder: whole })
})
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true })
  cpSync(whole, folder, { recursive: true })
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const names = () =>
  readdirSync(whole, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(whole, join(entry.parentPath, entry.name)))

const EVERY_OFFSET_BYTES = 500
const STEP = 7

/** Names of the files that verification speaks of. */
const blamed = async () => (await verifyBundle(folder)).problems.map((p) => p.file)

describe('one byte changed', () => {
  const kinds = [
    'README.txt',
    'allowed_signers',
    'events.jsonl',
    'manifest.json',
    'manifest.sha256',
    'report.html',
    'samples.jsonl',
    'evidence',
    'signatures',
  ]

  it('is looked for in every kind of file', () => {
    expect(new Set(names().map((name) => name.split('/')[0]))).toEqual(new Set(kinds))
  })

  it.each(kinds)('anywhere in %s is told, and that file is named', { timeout: 120_000 }, async (kind) => {
    for (const name of names().filter((n) => n === kind || n.startsWith(`${kind}/`))) {
      const path = join(folder, name)
      const bytes = readFileSync(path)
      const step = bytes.length > EVERY_OFFSET_BYTES ? STEP : 1
      for (let at = 0; at < bytes.length; at += step) {
        const changed = Buffer.from(bytes)
        changed[at] = (bytes[at] ?? 0) ^ (1 << (at % 8))
        writeFileSync(path, changed)
        const { ok, problems } = await verifyBundle(folder)
        expect({ at, ok }).toEqual({ at, ok: false })
        expect(
          problems.map((p) => p.file),
          `byte ${at} of ${name}`,
        ).toContain(name)
      }
      writeFileSync(path, bytes)
    }
    expect(await blamed()).toEqual([])
  })
})

describe('a folder that is not as it was written', () => {
  it('names each file that is missing, cut off, longer or renamed', async () => {
    for (const name of names()) {
      const path = join(folder, name)
      const bytes = readFileSync(path)
      rmSync(path)
      expect(await blamed(), `without ${name}`).toContain(name)
      for (const other of [
        bytes.subarray(0, -1),
        Buffer.alloc(0),
        Buffer.concat([bytes, Buffer.from('\n')]),
      ]) {
        writeFileSync(path, other)
        expect(await blamed(), `${name} with ${other.length} bytes`).toContain(name)
      }
      writeFileSync(path, bytes)
      renameSync(path, `${path}.bak`)
      expect(await blamed(), `${name} renamed`).toContain(name)
      if (name !== 'manifest.json') expect(await blamed()).toContain(`${name}.bak`)
      renameSync(`${path}.bak`, path)
    }
  })

  it('names what was added, also when it is empty, hidden, a folder or a link', async () => {
    const adds: [string, (path: string) => void][] = [
      ['note.txt', (path) => writeFileSync(path, '')],
      ['.hidden', (path) => writeFileSync(path, 'x')],
      ['signatures/0009.bo.json', (path) => writeFileSync(path, '{}')],
      ['empty', (path) => mkdirSync(path)],
      ['link', (path) => symlinkSync('/etc/hostname', path)],
    ]
    for (const [name, add] of adds) {
      add(join(folder, name))
      expect(new Set(await blamed())).toEqual(new Set([name]))
      rmSync(join(folder, name), { recursive: true })
    }
  })

  it('names the lines of the log that were swapped', async () => {
    const path = join(folder, 'events.jsonl')
    const lines = readFileSync(path, 'utf8').split('\n')
    writeFileSync(path, [lines[0], lines[2], lines[1], ...lines.slice(3)].join('\n'))
    const { problems } = await verifyBundle(folder)
    expect(problems).toContainEqual({
      file: 'events.jsonl',
      place: 'line 2',
      problem: 'has number 3 where 2 belongs',
    })
  })
})

describe('a folder that is no bundle', () => {
  it('is one clear line: not there, empty, foreign, or a file', async () => {
    mkdirSync(join(home, 'empty'), { recursive: true })
    mkdirSync(join(home, 'foreign'), { recursive: true })
    writeFileSync(join(home, 'foreign', 'package.json'), '{}')
    const problemsOf = async (name: string) => {
      const { ok, problems } = await verifyBundle(join(home, name))
      return [ok, ...problems.map((p) => `${relative(home, p.file)}: ${p.problem}`)]
    }
    expect(await problemsOf('nowhere')).toEqual([
      false,
      expect.stringMatching(/^nowhere: cannot be listed \(ENOENT\)/),
    ])
    expect(await problemsOf('foreign/package.json')).toEqual([false, expect.stringContaining('(ENOTDIR)')])
    for (const name of ['empty', 'foreign'])
      expect(await problemsOf(name)).toEqual([
        false,
        expect.stringMatching(/manifest\.json: is missing; .*$/),
      ])
  })

  it('of garbage in all its files is told, and nothing throws', async () => {
    for (const garbage of [
      '',
      '\n',
      '{}',
      'null',
      '[]',
      '[[[',
      '{"format":"gonogo-bundle"}',
      '\0\xff',
      '{"a":1}\n',
    ])
      for (const name of ['manifest.json', 'manifest.sha256', 'events.jsonl', 'allowed_signers']) {
        const bytes = readFileSync(join(folder, name))
        writeFileSync(join(folder, name), garbage, 'latin1')
        expect(await blamed()).toContain(name)
        writeFileSync(join(folder, name), bytes)
      }
  })
})
