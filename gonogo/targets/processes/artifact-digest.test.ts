import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { artifactDigest } from './artifact-digest.ts'

async function folderOf(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  return folder
}

const FILES = { 'a.ts': 'one', 'b/c.ts': 'two' }

test('the same files have the same digest wherever they are and in whichever order they were made', async () => {
  const one = await artifactDigest(await folderOf(FILES))
  const other = await artifactDigest(await folderOf({ 'b/c.ts': 'two', 'a.ts': 'one' }))
  expect(one).toMatch(/^sha256:[0-9a-f]{64}$/)
  expect(other).toBe(one)
})

test('a byte, a name or a link that changes changes the digest', async () => {
  const folder = await folderOf(FILES)
  const digests = [await artifactDigest(folder)]
  await writeFile(join(folder, 'a.ts'), 'onf')
  digests.push(await artifactDigest(folder))
  await rename(join(folder, 'a.ts'), join(folder, 'd.ts'))
  digests.push(await artifactDigest(folder))
  await symlink('d.ts', join(folder, 'link'))
  digests.push(await artifactDigest(folder))
  expect(new Set(digests).size).toBe(4)
})

test('installed packages and history do not count', async () => {
  const plain = await artifactDigest(await folderOf(FILES))
  const full = await folderOf({
    ...FILES,
    'node_modules/x/index.js': 'x',
    '.git/HEAD': 'y',
    'b/node_modules/z': 'z',
  })
  expect(await artifactDigest(full)).toBe(plain)
})

test('a folder that is not there throws', async () => {
  await expect(artifactDigest('/no/such/folder')).rejects.toThrow('ENOENT')
})
