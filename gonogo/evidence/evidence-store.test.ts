import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sha256 } from '#core/json.ts'
import { EvidenceProblem, writeProblem } from './evidence-problem.ts'
import { openEvidenceStore } from './evidence-store.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'gonogo-evidence-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const files = () => readdirSync(folder, { recursive: true, withFileTypes: true }).filter((f) => f.isFile())
const pathOf = (digest: string) => join(folder, 'sha256', digest.slice(7, 9), digest.slice(9))

describe('the evidence store', () => {
  it('keeps bytes under their digest and gives them back', async () => {
    const store = openEvidenceStore(folder)
    const bytes = Buffer.from([0, 1, 2, 255])
    const kept = await store.put('scan.png', 'image/png', bytes)
    expect(kept).toEqual({ name: 'scan.png', mediaType: 'image/png', digest: sha256(bytes), bytes: 4 })
    expect(readFileSync(pathOf(kept.digest))).toEqual(bytes)
    expect(Buffer.from(await store.get(kept.digest))).toEqual(bytes)
    expect(await store.has(kept.digest)).toBe(true)
  })

  it('keeps the same bytes once, also when many put them at the same time', async () => {
    const stores = Array.from({ length: 8 }, () => openEvidenceStore(folder))
    const kept = await Promise.all(stores.map((store, i) => store.put(`${i}.txt`, 'text/plain', 'same')))
    expect(new Set(kept.map((k) => k.digest)).size).toBe(1)
    expect(files()).toHaveLength(1)
  })

  it('tells changed and missing evidence, and mends it when the bytes come again', async () => {
    const store = openEvidenceStore(folder)
    const { digest } = await store.put('a.txt', 'text/plain', 'as it was')
    rmSync(pathOf(digest))
    await expect(store.get(digest)).rejects.toMatchObject({ code: 'missing' })
    writeFileSync(pathOf(digest), 'as it wax')
    await expect(store.get(digest)).rejects.toMatchObject({ code: 'changed' })
    expect(await store.has(digest)).toBe(false)
    await store.put('a.txt', 'text/plain', 'as it was')
    expect(await store.has(digest)).toBe(true)
  })

  it('asks for nothing outside its folder', async () => {
    const store = openEvidenceStore(folder)
    expect(() => store.get('sha256:../../../../etc/passwd')).toThrow(EvidenceProblem)
  })
})

describe('secrets', () => {
  it('are taken out of text before it is kept, and the digest is that of what is kept', async () => {
    const store = openEvidenceStore(folder, { secrets: ['swordfish'] })
    const text = 'Authorization: Bearer abc.def.ghi\nsaid swordfish'
    for (const content of [text, Buffer.from(text)]) {
      const kept = await store.put('log', 'application/octet-stream', content)
      const clean = Buffer.from(await store.get(kept.digest)).toString()
      expect(clean).toBe('Authorization: Bearer [redacted]\nsaid [redacted]')
      expect(sha256(clean)).toBe(kept.digest)
    }
  })

  it('are taken out of text in another encoding, and the rest comes through whole', async () => {
    const store = openEvidenceStore(folder)
    const latin1 = Buffer.from('grün password=hunter2', 'latin1')
    const kept = await store.put('a.txt', 'text/plain', latin1)
    expect(Buffer.from(await store.get(kept.digest)).toString('latin1')).toBe('grün password=[redacted]')
  })

  it('are not looked for in pictures and archives', async () => {
    const store = openEvidenceStore(folder)
    const bytes = Buffer.concat([Buffer.from([0x89, 0]), Buffer.from('password=hunter2')])
    expect(await store.put('a.png', 'image/png', bytes)).toMatchObject({ digest: sha256(bytes) })
  })
})

describe('storage that refuses', () => {
  it('is one line with a code', async () => {
    writeFileSync(join(folder, 'sha256'), 'a file where a folder belongs')
    const error = await openEvidenceStore(folder)
      .put('a.txt', 'text/plain', 'x')
      .catch((e: unknown) => e)
    expect(error).toMatchObject({ code: 'read-only', name: 'EvidenceProblem' })
    expect((error as Error).message).toMatch(/^\S+: cannot be written \(E\w+\); check .*$/)
  })

  it('is told apart: full, read-only, neither', () => {
    const codeOf = (code: string) => (writeProblem({ code }, 'x') as { code: string }).code
    expect(['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO'].map(codeOf)).toEqual([
      'disk-full',
      'disk-full',
      'read-only',
      'read-only',
      'EIO',
    ])
  })

  // Only who may mount can fill a disk for real; the test above tells the codes apart for everybody.
  const itOnSmallDisk = mountsTmpfs() ? it : () => {}
  itOnSmallDisk('leaves nothing half-written on a full disk', async () => {
    const small = join(folder, 'small')
    mkdirSync(small)
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small])
    try {
      const store = openEvidenceStore(small)
      await expect(store.put('a', 'image/png', Buffer.alloc(200_000, 0xff))).rejects.toMatchObject({
        code: 'disk-full',
      })
      expect(files()).toEqual([])
      await store.put('b', 'text/plain', 'there is room for this')
      spawnSync('mount', ['-o', 'remount,ro', small])
      await expect(store.put('c', 'text/plain', 'none for this')).rejects.toMatchObject({ code: 'read-only' })
    } finally {
      spawnSync('umount', [small])
    }
  })
})

function mountsTmpfs(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false
  const probe = mkdtempSync(join(tmpdir(), 'gonogo-mount-'))
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', probe]).status === 0
  if (mounted) spawnSync('umount', [probe])
  rmSync(probe, { recursive: true })
  return mounted
}
