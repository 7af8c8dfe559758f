import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '#core/json.ts'
import { type SmallLog, samplesFile, smallLog } from './bundle/small-log.ts'
import { exportBundle } from './bundle.ts'
import { openEvidenceStore } from './evidence-store.ts'
import { verifyBundle } from './verify-bundle.ts'

let home = ''
let folder = ''
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'gonogo-bundle-'))
  folder = join(home, 'bundle')
})
afterEach(() => rmSync(home, { recursive: true, force: true }))

async function exported(): Promise<{ log: SmallLog; digest: string }> {
  const evidenceStore = openEvidenceStore(join(home, 'evidence'))
  const log = await smallLog(await evidenceStore.put('scan.txt', 'text/plain', '0 findings'))
  const files = { 'report.html': Buffer.from('<p>GO</p>'), 'samples.jsonl': samplesFile }
  const { digest } = await exportBundle({ records: log.records, evidenceStore, files, folder })
  return { log, digest }
}

const sh = (command: string) => spawnSync('bash', ['-c', command], { cwd: folder, encoding: 'utf8' })

describe('a bundle', () => {
  it('holds, and says how much was looked at', async () => {
    const { digest } = await exported()
    expect(await verifyBundle(folder, { digest })).toEqual({
      ok: true,
      deployment: 'd-small',
      digest: sha256(readFileSync(join(folder, 'manifest.json'))),
      problems: [],
      checked: { records: 6, signatures: 2, evidence: 1, files: 10 },
    })
  })

  it('is the same bytes when it is exported again, and replaces the older one as a whole', async () => {
    const evidenceStore = openEvidenceStore(join(home, 'evidence'))
    const { log, digest } = await exported()
    const more = { 'old.txt': Buffer.from('old') }
    await exportBundle({ records: log.records, evidenceStore, files: more, folder })
    expect(readdirSync(folder)).toContain('old.txt')
    const files = { 'report.html': Buffer.from('<p>GO</p>'), 'samples.jsonl': samplesFile }
    expect((await exportBundle({ records: log.records, evidenceStore, files, folder })).digest).toBe(digest)
    expect(readdirSync(folder)).not.toContain('old.txt')
    expect(readdirSync(home).sort()).toEqual(['bundle', 'evidence'])
  })

  it('does not take the place of a folder that holds something else', async () => {
    mkdirSync(folder)
    writeFileSync(join(folder, 'letters.txt'), 'mine')
    await expect(exported()).rejects.toMatchObject({ code: 'not-a-bundle' })
    expect(readFileSync(join(folder, 'letters.txt'), 'utf8')).toBe('mine')
  })

  it('that cannot be written is one line with a code, and the older one stays', async () => {
    const { log } = await exported()
    const evidenceStore = openEvidenceStore(join(home, 'evidence'))
    writeFileSync(join(home, 'a-file'), '')
    const input = { records: log.records, evidenceStore, files: {}, folder: join(home, 'a-file', 'bundle') }
    await expect(exportBundle(input)).rejects.toMatchObject({ code: 'read-only' })
    expect(await verifyBundle(folder)).toMatchObject({ ok: true })
  })

  it('is written without the evidence that is lost, and names it', async () => {
    const { log } = await exported()
    const evidenceStore = openEvidenceStore(join(home, 'empty'))
    const { missing } = await exportBundle({ records: log.records, evidenceStore, files: {}, folder })
    expect(missing).toEqual([sha256('0 findings')])
    const file = `evidence/sha256/${sha256('0 findings').slice(7)}`
    expect((await verifyBundle(folder)).problems).toEqual([
      { file, place: '', problem: 'is missing; line 2 of the log names it' },
    ])
  })

  it('takes no file whose name leaves the folder or is one of its own two', async () => {
    const evidenceStore = openEvidenceStore(join(home, 'evidence'))
    for (const name of ['../x', '/x', 'a/../x', 'manifest.json', 'a b', '', '.hidden', 'a//b'])
      await expect(
        exportBundle({ records: [], evidenceStore, files: { [name]: Buffer.from('') }, folder }),
      ).rejects.toThrow('cannot be the name of a file')
  })
})

const hasTools = ['ssh-keygen', 'sha256sum'].every((tool) => spawnSync(tool, ['--help']).error === undefined)
if (!hasTools && process.env.CI === 'true')
  throw new Error('ssh-keygen and sha256sum must be there with CI=true')

describe.skipIf(!hasTools)('the steps of README.txt, with sha256sum and ssh-keygen alone', () => {
  const steps = () =>
    readFileSync(join(folder, 'README.txt'), 'utf8')
      .split(/^\d\. /m)
      .slice(1)
      .map((step) =>
        step
          .split('\n')
          .filter((line) => line.startsWith('    '))
          .join('\n'),
      )

  it('succeed on a whole bundle', async () => {
    await exported()
    const [files, , signatures, keys, evidence] = steps().map(sh)
    expect(files).toMatchObject({ status: 0, stdout: expect.not.stringContaining('FAILED') })
    expect(signatures?.stdout.match(/Good "gonogo-signoff@v1" signature for (ada|cy)/g)).toHaveLength(2)
    expect(signatures?.stderr).toBe('')
    expect(keys?.stdout.match(/SHA256:/g)).toHaveLength(6)
    expect(evidence?.stdout).toMatch(/^([0-9a-f]{64}) {2}evidence\/sha256\/\1\n$/)
  })

  it('fail when a file or a statement was changed', async () => {
    await exported()
    const name = readdirSync(join(folder, 'signatures')).find((file) => file.endsWith('ada.json')) ?? ''
    const path = join(folder, 'signatures', name)
    writeFileSync(path, readFileSync(path, 'utf8').replace('"GO"', '"NO-GO"'))
    const [files, , signatures] = steps().map(sh)
    expect(files?.status).toBe(1)
    expect(signatures?.stdout).toContain('Could not verify signature')
  })
})
