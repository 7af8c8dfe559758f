import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ctr, run } from './commands.ts'
import { importNodeImage } from './images.ts'

const TOP = fileURLToPath(new URL('../..', import.meta.url))
const BASE = 'gonogo.test/node'

const buildah = (args: readonly string[]): Promise<string> =>
  run('buildah', ['--storage-driver', 'vfs', ...args])

/** The base of every image that a Containerfile makes here: this machine's Node. Its name by digest is answered. */
export async function importBase(): Promise<string> {
  const empty = mkdtempSync(join(tmpdir(), 'gonogo-empty-'))
  try {
    return `${BASE}@${await importNodeImage(`${BASE}:1`, empty, [])}`
  } finally {
    rmSync(empty, { recursive: true, force: true })
  }
}

/** A folder as a Containerfile of this repository wants it: these paths, and the packages that `install` brings. */
export async function buildContext(paths: readonly string[], install: readonly string[]): Promise<string> {
  const context = mkdtempSync(join(tmpdir(), 'gonogo-context-'))
  for (const path of paths)
    cpSync(join(TOP, path), join(context, path), {
      recursive: true,
      filter: (from) => !from.slice(TOP.length).includes('node_modules'),
    })
  const quiet = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline']
  await run('npm', ['ci', ...quiet, ...install], { cwd: context })
  return context
}

/** Builds an image on the base, and imports it; its name is answered by its digest. */
export async function importBuilt(name: string, containerfile: string, context: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-image-'))
  const archive = join(folder, 'image.tar')
  try {
    const file = join(TOP, containerfile)
    const build = ['--build-arg', `BASE=${BASE}:1`, '--pull-never', '--isolation', 'chroot', '-f', file]
    await buildah(['build', '--quiet', ...build, '-t', name, context])
    await buildah(['push', '--quiet', name, `docker-archive:${archive}:${name}`])
    await ctr(['images', 'import', archive])
    const digest = /sha256:[0-9a-f]{64}/.exec(await ctr(['images', 'ls', `name==${name}`]))?.[0]
    if (!digest) throw new Error(`containerd does not know ${name} after it was imported`)
    const byDigest = `${name.replace(/:[^/:]*$/, '')}@${digest}`
    await ctr(['images', 'tag', '--force', name, byDigest])
    return byDigest
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
