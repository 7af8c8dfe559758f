import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { ctr, run } from './commands.ts'
import { PAUSE_IMAGE } from './node.ts'
import { binary } from './places.ts'

const buildah = (args: readonly string[]): Promise<string> =>
  run('buildah', ['--storage-driver', 'vfs', ...args])

/** The image that holds a pod's namespaces open. */
export async function importPause(): Promise<void> {
  await buildImage(PAUSE_IMAGE, ['/pause'], (root) => copyFileSync(binary('pause'), join(root, 'pause')))
}

/**
 * An image of `node` and an application's folder at /app, which `entrypoint` starts; known by its name and by its digest,
 * which is answered. No registry is asked for anything.
 */
export async function importNodeImage(
  name: string,
  applicationFolder: string,
  entrypoint: readonly string[],
): Promise<string> {
  const libraries = await librariesOf(process.execPath)
  await buildImage(name, ['/bin/node', ...entrypoint], (root) => {
    for (const path of libraries) {
      mkdirSync(join(root, dirname(path)), { recursive: true })
      copyFileSync(path, join(root, path))
    }
    mkdirSync(join(root, 'bin'), { recursive: true })
    copyFileSync(process.execPath, join(root, 'bin', 'node'))
    cpSync(applicationFolder, join(root, 'app'), { recursive: true, dereference: true })
    // What mkdir is told is less whatever the umask takes.
    mkdirSync(join(root, 'tmp'))
    chmodSync(join(root, 'tmp'), 0o1777)
  })
  const digest = /sha256:[0-9a-f]{64}/.exec(await ctr(['images', 'ls', `name==${name}`]))?.[0]
  if (!digest) throw new Error(`containerd does not know ${name} after it was imported`)
  await ctr(['images', 'tag', '--force', name, `${name.replace(/:[^/:]*$/, '')}@${digest}`])
  return digest
}

/** Shared libraries and the loader that a program needs. */
async function librariesOf(program: string): Promise<string[]> {
  const text = await run('ldd', [program])
  return [...new Set(text.match(/\/\S+/g) ?? [])].filter(
    (path) => path !== program && basename(path).includes('.so'),
  )
}

async function buildImage(
  name: string,
  entrypoint: readonly string[],
  fill: (root: string) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-image-'))
  const root = join(folder, 'root')
  const archive = join(folder, 'image.tar')
  mkdirSync(root)
  const container = (await buildah(['from', 'scratch'])).trim()
  try {
    fill(root)
    await buildah(['copy', '--quiet', container, root, '/'])
    await buildah(['config', '--entrypoint', JSON.stringify(entrypoint), container])
    await buildah(['commit', '--quiet', container, name])
    await buildah(['push', '--quiet', name, `docker-archive:${archive}:${name}`])
    await ctr(['images', 'import', archive])
  } finally {
    await buildah(['rm', container])
    rmSync(folder, { recursive: true, force: true })
  }
}
