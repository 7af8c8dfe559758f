import { spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { existsSync, lstatSync, mkdtempSync, readlinkSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { SKILL_LIMITS, type SkillLimits } from './limits.ts'

/** What a skill's process is started from: folders of the host. */
export interface SkillPlace {
  skill: string
  name: string
  entry: string
  /** Holds the socket by which the skill asks its host. */
  run: string
}

export interface Command {
  command: string
  args: string[]
  env: Record<string, string>
}

/** Whether skills can be locked in on this machine, and if not, why, and what to do. */
export type SandboxState = { available: true } | { available: false; reason: string }

const KIT = join(import.meta.dirname, '..', 'kit')
const MODULES = ['@modelcontextprotocol/core', '@modelcontextprotocol/server', 'zod']
/** Users that own nothing on any machine; each process gets one, so that the kernel counts its tasks apart. */
const [FIRST_UID, LAST_UID] = [200_000, 260_000]
/** What answers users goes first where both want the processor. */
const NICENESS = '10'
const STAGE = '/mnt'

/** As root: binds what is needed where the user that the sandbox runs as can reach them, in a mount namespace of its own. */
const STAGING = `mount --make-rprivate / && mount -t tmpfs -o mode=0755,size=1m stage ${STAGE}
while [ "$1" != -- ]; do
  if [ -d "$1" ]; then mkdir -p "${STAGE}/$2"; else touch "${STAGE}/$2"; fi && mount --bind "$1" "${STAGE}/$2" || exit 70
  shift 2
done
shift; exec "$@"`

/**
 * The command that runs a skill locked in: no network, no other processes, the system's libraries and its own code to
 * read, one small folder in memory to write, no way to new namespaces, a user that owns nothing, resource limits.
 */
export function sandboxed(place: SkillPlace, limits: SkillLimits = SKILL_LIMITS): Command {
  const sources = {
    node: process.execPath,
    skill: place.skill,
    kit: KIT,
    run: place.run,
    ...modules(),
  }
  const isRoot = process.getuid?.() === 0
  const at = (name: string) =>
    (isRoot ? join(STAGE, name) : (sources as Record<string, string>)[name]) ?? name
  const inner = [
    ...NAMESPACES,
    ...systemFolders(),
    ...bind(at('node'), '/opt/node'),
    ...bind(at('kit'), '/opt/skills/kit'),
    ...bind(at('skill'), `/opt/skills/${place.name}`),
    ...Object.keys(modules()).flatMap((name) => bind(at(name), `/opt/node_modules/${name}`)),
    ...bind(at('run'), '/run/host'),
    ...['--proc', '/proc', '--dev', '/dev', '--remount-ro', '/dev'],
    ...['--size', String(limits.diskBytes), '--tmpfs', '/work', '--remount-ro', '/', '--chdir', '/work'],
    ...Object.entries(ENVIRONMENT).flatMap(([name, value]) => ['--setenv', name, value]),
    ...['--', '/usr/bin/prlimit', ...rlimits(limits)],
    ...['/opt/node', ...NODE_OPTIONS, `/opt/skills/${place.name}/${place.entry}`],
  ]
  const nice = (...command: string[]) => ({
    command: 'nice',
    args: ['-n', NICENESS, ...command],
    env: PATH_ONLY,
  })
  if (!isRoot) return nice('bwrap', ...inner)
  const user = String(randomInt(FIRST_UID, LAST_UID))
  const staged = Object.entries(sources).flatMap(([name, source]) => [source, name])
  const asNobody = ['setpriv', `--reuid=${user}`, `--regid=${user}`, '--clear-groups', '--no-new-privs']
  const staging = ['--mount', 'sh', '-c', STAGING, 'stage', ...staged]
  return nice('unshare', ...staging, '--', ...asNobody, 'bwrap', ...inner)
}

/** The command that runs a trusted skill where there is no sandbox: a process of its own, and nothing more. */
export function unsandboxed({ skill, entry, run }: SkillPlace): Command {
  const env = { ...PATH_ONLY, HOST_SOCKET: join(run, 'host.sock') }
  return { command: process.execPath, args: [...NODE_OPTIONS, join(skill, entry)], env }
}

/** Starts something harmless locked in, so that what is missing is known before a skill is. */
export function trySandbox(): SandboxState {
  const run = mkdtempSync(join(tmpdir(), 'clawdbot-sandbox-'))
  try {
    const { command, args, env } = sandboxed({ skill: KIT, name: 'self-test', entry: 'none', run })
    const tried = spawnSync(command, [...args.slice(0, -1), '--version'], {
      env,
      timeout: 10_000,
      encoding: 'utf8',
    })
    if (tried.status === 0) return { available: true }
    if (!isOnPath('bwrap')) return { available: false, reason: `bubblewrap is not installed; ${REMEDY}` }
    const [said = 'it did not start'] = (tried.stderr || tried.error?.message || '').trim().split('\n')
    return { available: false, reason: `bubblewrap cannot start here: ${said}` }
  } finally {
    rmSync(run, { recursive: true, force: true })
  }
}

const REMEDY = 'install the package bubblewrap (Debian: apt-get install bubblewrap) and start again'
const PATH_ONLY = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }
const ENVIRONMENT = {
  HOME: '/work',
  TMPDIR: '/work',
  HOST_SOCKET: '/run/host/host.sock',
  UV_THREADPOOL_SIZE: '2',
}
const NODE_OPTIONS = ['--v8-pool-size=1', '--max-old-space-size=96', '--disable-warning=ExperimentalWarning']
/** In the session of its own that it is started in: bwrap's would be one more (see watchdog.ts). */
const NAMESPACES = [
  ...['--unshare-all', '--unshare-user', '--disable-userns', '--uid', '65534', '--gid', '65534'],
  ...['--hostname', 'skill', '--cap-drop', 'ALL', '--die-with-parent', '--clearenv'],
]

const bind = (source: string, to: string): string[] => ['--ro-bind', source, to]

const isOnPath = (command: string): boolean =>
  PATH_ONLY.PATH.split(':').some((folder) => existsSync(join(folder, command)))

/** The system's libraries, which Node needs, and prlimit; no shell, nothing else that could be run. */
function systemFolders(): string[] {
  const libraries = ['/usr/lib', '/usr/lib64'].filter((folder) => existsSync(folder))
  const links = ['/lib', '/lib64'].filter((folder) => existsSync(folder))
  return [
    ...libraries.flatMap((folder) => bind(folder, folder)),
    ...links.flatMap((folder) =>
      lstatSync(folder).isSymbolicLink() ? ['--symlink', readlinkSync(folder), folder] : bind(folder, folder),
    ),
    ...bind('/usr/bin/prlimit', '/usr/bin/prlimit'),
  ]
}

function rlimits({ dataBytes, tasks, diskBytes }: SkillLimits): string[] {
  const limits = { data: dataBytes, nproc: tasks, fsize: diskBytes, nofile: 256, core: 0, cpu: 600 }
  return Object.entries(limits).map(([name, value]) => `--${name}=${value}`)
}

/** The packages that the kit needs, wherever they are installed. */
function modules(): Record<string, string> {
  return Object.fromEntries(MODULES.map((name) => [name, folderOfPackage(name)]))
}

function folderOfPackage(name: string, from = import.meta.dirname): string {
  const folder = join(from, 'node_modules', name)
  if (existsSync(folder)) return folder
  if (from === dirname(from)) throw new Error(`the package ${name} is not installed`)
  return folderOfPackage(name, dirname(from))
}
