import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestOf, sha256 } from '#core/json.ts'
import type { LogRecord } from '#core/record.ts'
import { manifestSchema, manifestText, sumsText } from './bundle/manifest.ts'
import { chainAnew, type SmallLog, samplesFile, smallLog } from './bundle/small-log.ts'
import { exportBundle } from './bundle.ts'
import { openEvidenceStore } from './evidence-store.ts'
import { makeDemoKey, memorySigner, signStatement } from './signatures.ts'
import { verifyBundle } from './verify-bundle.ts'

const home = mkdtempSync(join(tmpdir(), 'gonogo-forged-'))
const folder = join(home, 'bundle')
const evidenceStore = openEvidenceStore(join(home, 'evidence'))
afterAll(() => rmSync(home, { recursive: true, force: true }))

let log: SmallLog
beforeAll(async () => {
  log = await smallLog(await evidenceStore.put('scan.txt', 'text/plain', '0 findings'))
})

type Data = Record<string, unknown>
const withData = (type: string, change: (data: Data) => Data): LogRecord[] =>
  log.records.map((record) =>
    record.type === type ? { ...record, data: change(structuredClone(record.data) as Data) } : record,
  )

/** Exports records as a forger would who can write everything anew, and answers what verification finds in the log. */
async function forged(records: readonly LogRecord[], samples = samplesFile): Promise<string[]> {
  const files = { 'samples.jsonl': samples }
  await exportBundle({ records: chainAnew(records), evidenceStore, files, folder })
  const { problems } = await verifyBundle(folder)
  return problems.map((p) => `${p.file} ${p.place}: ${p.problem}`)
}

const withStatement = (data: Data, change: Data): Data => ({
  ...data,
  statement: { ...(data.statement as Data), ...change },
})

describe('a log that was changed, chained anew and exported anew', () => {
  it('holds when nothing was changed', async () => {
    expect(await forged(log.records)).toEqual([])
  })

  it('breaks where nobody signed what only people can say', async () => {
    const records = withData('attested', ({ item, statement }) => ({ item, statement }))
    expect(await forged(records)).toContain('events.jsonl line 3: says attested, but nobody signed it')
  })

  it('breaks where a signed statement is another', async () => {
    const records = withData('attested', (data) => withStatement(data, { text: 'never seen' }))
    expect(await forged(records)).toContain(
      'events.jsonl line 3: has a signature for cy that is not over this statement',
    )
  })

  it('breaks where a statement is laid to somebody else, or to nobody', async () => {
    const to = (person: unknown) => withData('attested', (data) => withStatement(data, { person }))
    expect(await forged(to('bo'))).toContain(
      'events.jsonl line 3: is signed by a key that the roster does not give bo',
    )
    expect(await forged(to('zed'))).toContain(
      'events.jsonl line 3: is signed for zed, who is not in the roster',
    )
    expect(await forged(to('__proto__'))).toContain(
      'events.jsonl line 3: is signed for __proto__, who is not in the roster',
    )
  })

  it('breaks where a signature counts for another item or kind of statement', async () => {
    const item = withData('attested', (data) => ({ ...data, item: '1.1.1' }))
    expect(await forged(item)).toContain('events.jsonl line 3: says item 1.1.1, but cy signed item 1.1.2')
    const kind = log.records.map((r) => (r.type === 'attested' ? { ...r, type: 'decided' } : r))
    expect(await forged(kind)).toContain(
      'events.jsonl line 3: says decided, but the statement signed is of the kind attestation',
    )
  })

  it('breaks where a signature stands a second time', async () => {
    const again = log.records.find((record) => record.type === 'voted') as LogRecord
    expect(await forged([...log.records, again])).toContain(
      'events.jsonl line 7: repeats the signature of line 4',
    )
  })

  it('breaks where a statement is of another deployment', async () => {
    const records = log.records.map((record) => ({ ...record, stream: 'd-other' }))
    expect(await forged(records)).toContain(
      'events.jsonl line 3: is signed for the deployment d-small, not for d-other',
    )
  })

  it('breaks where somebody signs with a key of their own', async () => {
    const { publicKeyLine, privateKeyPem } = makeDemoKey('cy')
    const { statement } = (log.records[2] as LogRecord).data as Data
    const signed = await signStatement(statement, memorySigner(privateKeyPem))
    const own = { key: publicKeyLine, signature: signed.ok ? signed.signature : '' }
    const records = withData('attested', (data) => ({ ...data, ...own }))
    expect(await forged(records)).toContain(
      'events.jsonl line 3: is signed by a key that the roster does not give cy',
    )
  })

  it('breaks where a demo’s key is passed off as a real one', async () => {
    const records = withData('voted', (data) => ({ ...data, demo: false }))
    expect((await forged(records))[0]).toMatch(
      /^events.jsonl line 4: says of ada’s key that it is not a demo’s/,
    )
  })

  it('breaks at the gate when a result behind it is another', async () => {
    const claim = 'something else'
    const claimDigest = digestOf({ verdict: 'pass', claim })
    const records = withData('checkSettled', (data) => ({ ...data, claim, claimDigest }))
    expect(await forged(records)).toEqual([
      'events.jsonl line 5: opens the gate planning on an evidence root that the log does not give',
    ])
  })

  it('breaks where a claim, the plan or the release is not what its digest says', async () => {
    const claim = withData('checkSettled', (data) => ({ ...data, verdict: 'fail' }))
    expect((await forged(claim))[0]).toBe(
      'events.jsonl line 2: has a claimDigest that is not of what it stands for',
    )
    const release = withData('opened', (data) => ({
      ...data,
      release: { ...(data.release as Data), commit: 'f' },
    }))
    expect((await forged(release))[0]).toContain('line 1: has a releaseDigest that')
  })

  it('breaks at the gate when a vote is left out', async () => {
    const records = log.records.filter((record) => record.type !== 'voted')
    expect(await forged(records)).toEqual([
      'events.jsonl line 4: opens the gate planning without a GO of the deployment-lead',
    ])
  })

  it('breaks where the samples are not those that were sealed', async () => {
    const samples = Buffer.from(samplesFile.toString().replace('2000', '2001'))
    expect(await forged(log.records, samples)).toEqual([
      'samples.jsonl lines 1 to 2: is not what record 6 of the log sealed',
    ])
  })

  it('that is cut short is found out by the digest that was kept elsewhere', async () => {
    const files = { 'samples.jsonl': samplesFile }
    const { digest } = await exportBundle({ records: log.records, evidenceStore, files, folder })
    expect(await forged(log.records.slice(0, 5))).toEqual([])
    expect(await verifyBundle(folder, { digest })).toMatchObject({
      ok: false,
      problems: [{ file: 'manifest.json', problem: expect.stringContaining('the bundle was written anew') }],
    })
  })
})

describe('a manifest that was written anew with its sums', () => {
  it.each(['deployment', 'chainHead', 'evidenceRoot', 'checked.signatures'])(
    'is told by its %s',
    async (field) => {
      await forged(log.records)
      const manifest = manifestSchema.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
      const wrong = {
        deployment: 'd-other',
        chainHead: sha256('x'),
        evidenceRoot: null,
        'checked.signatures': { ...manifest.checked, signatures: 3 },
      }[field]
      const text = manifestText({ ...manifest, [field.split('.')[0] ?? '']: wrong })
      writeFileSync(join(folder, 'manifest.json'), text)
      writeFileSync(join(folder, 'manifest.sha256'), sumsText(sha256(text), manifest.files))
      expect((await verifyBundle(folder)).problems).toMatchObject([{ file: 'manifest.json', place: field }])
    },
  )
})

it('a log without records is a problem', async () => {
  await forged(log.records)
  writeFileSync(join(folder, 'events.jsonl'), '')
  expect((await verifyBundle(folder)).problems).toContainEqual({
    file: 'events.jsonl',
    place: '',
    problem: 'holds no records',
  })
})
