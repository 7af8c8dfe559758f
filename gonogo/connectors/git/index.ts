import { execFile } from 'node:child_process'
import { ReadingProblem } from '../reading-problem.ts'

const LIMIT_MS = 20_000
const MAX_OUTPUT = 64 * 1024 * 1024

/** A repository on this machine, read through the `git` command. Nothing in it is changed. */
export type Repository = { readonly folder: string; readonly signal?: AbortSignal }

export type Commit = {
  readonly sha: string
  readonly parents: readonly string[]
  readonly authorName: string
  readonly authorEmail: string
  /** Seconds since the epoch, as the author's clock had it. */
  readonly authoredAt: number
  readonly committerEmail: string
  readonly message: string
}

/** Runs git and answers what it printed; a ReadingProblem when it fails. */
export function git(repository: Repository, args: readonly string[]): Promise<string> {
  const { folder, signal } = repository
  const limits = { timeout: LIMIT_MS, maxBuffer: MAX_OUTPUT, ...(signal ? { signal } : {}) }
  const options = { cwd: folder, env: ownEnvironment(), ...limits }
  return new Promise((resolve, reject) => {
    execFile('git', ['--no-replace-objects', ...args], options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout)
      const reason = stderr.trim().split('\n')[0] || error.message
      reject(new ReadingProblem('unreachable', `git ${args[0]} in ${folder}`, reason))
    })
  })
}

/** Without the variables by which a caller's git (a hook, say) would send this one to another repository. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const { GIT_DIR, GIT_WORK_TREE, GIT_INDEX_FILE, GIT_OBJECT_DIRECTORY, GIT_COMMON_DIR, ...rest } =
    process.env
  return { ...rest, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0' }
}

const FORMAT = ['%H', '%P', '%an', '%ae', '%at', '%ce', '%B'].join('%x1f')

/**
 * The commits that `to` has and `from` has not, newest first; all of them without `from`. A shallow clone is a
 * problem: it does not have them all.
 */
export async function commitsBetween(
  repository: Repository,
  from: string | null,
  to: string,
): Promise<Commit[]> {
  if ((await git(repository, ['rev-parse', '--is-shallow-repository'])).trim() !== 'false')
    throw new ReadingProblem('cut-off', repository.folder, 'is a shallow clone; fetch the whole history')
  const range = from === null ? [to] : [to, `^${from}`]
  const out = await git(repository, [
    'log',
    '-z',
    '--topo-order',
    '--no-show-signature',
    '--encoding=UTF-8',
    `--format=${FORMAT}`,
    ...range,
    '--',
  ])
  return out.split('\0').filter(Boolean).map(parseCommit)
}

function parseCommit(text: string): Commit {
  const [
    sha = '',
    parents = '',
    authorName = '',
    authorEmail = '',
    at = '',
    committerEmail = '',
    message = '',
  ] = text.split('\x1f')
  return {
    sha,
    parents: parents.split(' ').filter(Boolean),
    authorName,
    authorEmail: authorEmail.toLowerCase(),
    authoredAt: Number(at),
    committerEmail: committerEmail.toLowerCase(),
    message: message.trim(),
  }
}

/** A file's text as it is in a commit; null when the commit has no such file. */
export async function fileAt(repository: Repository, commit: string, path: string): Promise<string | null> {
  const listed = await git(repository, [
    'ls-tree',
    '-z',
    '--full-tree',
    '--end-of-options',
    commit,
    '--',
    path,
  ])
  if (!/^\d{6} blob /.test(listed)) return null
  return git(repository, ['cat-file', 'blob', `${commit}:${path}`])
}

/** The addresses of a commit's co-authors, by its trailers. */
export const coAuthorsOf = (message: string): string[] =>
  [...message.matchAll(/^co-authored-by:.*<([^>\s]+)>\s*$/gim)].map((match) => (match[1] ?? '').toLowerCase())

/** True for a commit that says it breaks something: `feat!: …` or a BREAKING CHANGE footer (Conventional Commits). */
export const isMarkedBreaking = (message: string): boolean =>
  /^\w+(\([^)]*\))?!:/.test(message) || /^BREAKING[ -]CHANGE: /m.test(message)
