import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const VERSIONS = ['1.2.2', '1.2.3', '1.2.4'] as const
export type DemoVersion = (typeof VERSIONS)[number]

/** Who wrote what; the reviewers are other people of the cast. */
const AUTHOR = { name: 'Nia Cole', email: 'nia@clawdbot.internal' }

/**
 * A git repository with one commit and tag a version, made of `clawdbot/` and the small overlay of each version, and the
 * folder of each version as it will run. Returns the commits.
 */
export async function makeRepository(root: string, demo: string): Promise<Record<DemoVersion, string>> {
  const repository = join(demo, 'repository')
  await mkdir(repository, { recursive: true })
  await git(repository, 'init', '--quiet', '--initial-branch=main')
  const commits: Partial<Record<DemoVersion, string>> = {}
  for (const version of VERSIONS) {
    const artifact = join(demo, 'artifacts', version)
    await assemble(root, version, artifact)
    await empty(repository)
    await cp(join(root, 'package-lock.json'), join(artifact, 'package-lock.json'))
    await cp(artifact, repository, { recursive: true })
    await git(repository, 'add', '--all')
    await git(repository, 'commit', '--quiet', '--message', MESSAGES[version])
    await git(repository, 'tag', `v${version}`)
    commits[version] = (await git(repository, 'rev-parse', 'HEAD')).trim()
  }
  return commits as Record<DemoVersion, string>
}

const MESSAGES: Readonly<Record<DemoVersion, string>> = {
  '1.2.2': 'release 1.2.2',
  '1.2.3': 'notes: pin a note\n\nPinned notes come first; a migration adds the column.',
  '1.2.4': 'gateway: busy callers in the log\n\nThe limiter keeps the latest callers in memory.',
}

/** The product's folder with a version's overlay on it; `remove.txt` names what the version has not. */
export async function assemble(root: string, version: DemoVersion, artifact: string): Promise<void> {
  await rm(artifact, { recursive: true, force: true })
  await cp(join(root, 'clawdbot'), artifact, {
    recursive: true,
    filter: (path) =>
      !/node_modules|coverage|WORK-IN-PROGRESS|[/\\]faults([/\\]|$)/.test(path.slice(root.length)),
  })
  const overlay = join(root, 'demo', 'releases', version)
  const removed = await readFile(join(overlay, 'remove.txt'), 'utf8').catch(() => '')
  for (const path of removed.split('\n').filter(Boolean))
    await rm(join(artifact, path.trim()), { recursive: true, force: true })
  const isThere = await readdir(overlay).then(
    () => true,
    () => false,
  )
  if (isThere)
    await cp(overlay, artifact, { recursive: true, filter: (path) => !path.endsWith('remove.txt') })
}

async function empty(repository: string): Promise<void> {
  for (const name of await readdir(repository))
    if (name !== '.git') await rm(join(repository, name), { recursive: true })
}

async function git(cwd: string, ...args: string[]): Promise<string> {
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_SYSTEM: '/dev/null',
    GIT_AUTHOR_NAME: AUTHOR.name,
    GIT_AUTHOR_EMAIL: AUTHOR.email,
    GIT_COMMITTER_NAME: AUTHOR.name,
    GIT_COMMITTER_EMAIL: AUTHOR.email,
  }
  const { stdout } = await run('git', args, { cwd, env })
  return stdout
}
