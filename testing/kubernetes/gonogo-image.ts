import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ctr, run } from './commands.ts'
import { importNodeImage } from './images.ts'

const TOP = fileURLToPath(new URL('../..', import.meta.url))
const BASE = 'gonogo.test/node:1'
const NAME = 'gonogo.test/gonogo:1'

const buildah = (args: readonly string[]): Promise<string> =>
  run('buildah', ['--storage-driver', 'vfs', ...args])

/** gonogo's image by its own Containerfile, on a base of this machine's Node; answers its name by digest. */
export async function importGonogoImage(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-image-'))
  try {
    const empty = mkdtempSync(join(folder, 'empty-'))
    await importNodeImage(BASE, empty, [])
    const context = join(folder, 'context')
    for (const path of ['package.json', 'package-lock.json', 'gonogo', 'clawdbot', 'checklists'])
      cpSync(join(TOP, path), join(context, path), {
        recursive: true,
        filter: (from) => !from.includes('node_modules'),
      })
    await run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: context })
    const file = join(TOP, 'deploy', 'gonogo', 'Containerfile')
    const build = ['--build-arg', `BASE=${BASE}`, '--pull-never', '--isolation', 'chroot', '-f', file]
    await buildah(['build', '--quiet', ...build, '-t', NAME, context])
    const archive = join(folder, 'image.tar')
    await buildah(['push', '--quiet', NAME, `docker-archive:${archive}:${NAME}`])
    await ctr(['images', 'import', archive])
    const digest = /sha256:[0-9a-f]{64}/.exec(await ctr(['images', 'ls', `name==${NAME}`]))?.[0]
    if (!digest) throw new Error(`containerd does not know ${NAME} after it was imported`)
    const byDigest = `${NAME.replace(/:1$/, '')}@${digest}`
    await ctr(['images', 'tag', '--force', NAME, byDigest])
    return byDigest
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
