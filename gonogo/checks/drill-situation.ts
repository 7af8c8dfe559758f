import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { git, type Repository } from '#connectors/git/index.ts'
import type { Release } from '#core/release.ts'
import { type Service, serviceSchema } from '#core/service.ts'
import type { Instance, Target, TargetState } from '#targets/target.ts'
import { CheckProblem, type EnvironmentAccess } from './check.ts'

/** A service that drills stand on: small, complete, and nobody's. */
export const drillService = (overrides: Record<string, unknown> = {}): Service =>
  serviceSchema.parse({
    gonogo: 1,
    service: 'drill',
    checklist: 'checklist.yaml',
    repository: 'repository',
    environments: { production: { target: { kind: 'processes' } } },
    people: {},
    ...overrides,
  })

export const STABLE_COMMIT = 'a'.repeat(40)
export const RELEASE_COMMIT = 'b'.repeat(40)

/** A release of that service. */
export const drillRelease = (overrides: Partial<Release> = {}): Release => ({
  release: 1,
  version: '1.1.0',
  commit: RELEASE_COMMIT,
  type: 'feature',
  risk: 'medium',
  strategy: 'canary',
  window: { start: 0, end: Number.MAX_SAFE_INTEGER, timeZone: 'UTC' },
  components: ['gateway'],
  artifact: '.',
  digest: `sha256:${'0'.repeat(64)}`,
  flags: {},
  authors: [],
  config: {},
  backwardCompatible: true,
  featureFlags: {},
  newFeatures: [],
  ...overrides,
})

export const drillStable = (overrides: Partial<Release> = {}): Release =>
  drillRelease({ version: '1.0.0', commit: STABLE_COMMIT, ...overrides })

/** An instance of the drill's release; overrides make it what the drill needs. */
export const drillInstance = (overrides: Partial<Instance> = {}): Instance => ({
  id: 'gateway-1',
  version: drillRelease().version,
  digest: drillRelease().digest,
  component: 'gateway',
  isPublic: true,
  url: 'http://127.0.0.1:1',
  readyPath: '/ready',
  healthPath: '/health',
  pid: null,
  startedAtMs: 0,
  ready: true,
  restarts: 0,
  logFile: null,
  ...overrides,
})

/** An environment made of what the drill started: nothing runs there unless an override says so. */
export function drillEnvironment(overrides: Partial<EnvironmentAccess> = {}): EnvironmentAccess {
  const access: EnvironmentAccess = {
    name: 'production',
    target: observing([]),
    url: '',
    candidates: async () => [],
    stables: async () => [],
    access: async (key) => {
      throw new CheckProblem(`environments.production.access.${key} is not declared`)
    },
    database: null,
  }
  return Object.defineProperties(access, Object.getOwnPropertyDescriptors(overrides)) as EnvironmentAccess
}

/** What a target tells that runs these instances, all traffic on the stable version unless told otherwise. */
export const observedInstances = (
  instances: readonly Instance[],
  overrides: Partial<TargetState> = {},
): TargetState => ({
  stable: drillStable().version,
  stableWorkload: null,
  workloads: [],
  instances,
  weights: { [drillStable().version]: 100 },
  url: '',
  secureUrl: null,
  ...overrides,
})

/** A stand-in for a target that only tells what it observed; no check of its drills asks anything else of it. */
export const observing = (instances: readonly Instance[], overrides: Partial<TargetState> = {}): Target =>
  ({ observe: async () => observedInstances(instances, overrides) }) as unknown as Target

export type DrillCommit = {
  readonly message: string
  readonly author?: string
  /** The author's date, ISO 8601; now by default. */
  readonly date?: string
  readonly files?: Readonly<Record<string, string>>
}

/** A new, empty git repository at `folder`; what stood there before is removed. */
export async function newRepository(folder: string): Promise<Repository> {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await git({ folder }, ['init', '-q', '-b', 'main'])
  return { folder }
}

/** Commits files; answers the hash. */
export async function commitFiles(repository: Repository, commit: DrillCommit): Promise<string> {
  const { folder } = repository
  for (const [path, text] of Object.entries(commit.files ?? {})) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  await git(repository, ['add', '-A'])
  const author = commit.author ?? 'Wren Writer <wren@drill.internal>'
  const settings = [
    '-c',
    'user.name=Drill',
    '-c',
    'user.email=drill@drill.internal',
    '-c',
    'commit.gpgsign=false',
    '-c',
    'core.hooksPath=/dev/null',
  ]
  const authored = ['--author', author, ...(commit.date ? ['--date', commit.date] : [])]
  await git(repository, [...settings, 'commit', '-q', '--allow-empty', ...authored, '-m', commit.message])
  return (await git(repository, ['rev-parse', 'HEAD'])).trim()
}
