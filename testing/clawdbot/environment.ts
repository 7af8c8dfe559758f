import { cp, mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { CheckContext } from '../../gonogo/checks/check.ts'
import { makeCertificate, makeModelKeys, makeTokens } from '../../gonogo/cli/demo/releases.ts'
import { assemble } from '../../gonogo/cli/demo/repository.ts'
import { loadWorkspace } from '../../gonogo/cli/load.ts'
import { runCommand } from '../../gonogo/connectors/command/index.ts'
import { migrationCommand } from '../../gonogo/core/migration-command.ts'
import type { Release } from '../../gonogo/core/release.ts'
import type { Service } from '../../gonogo/core/service.ts'
import { environmentAccess } from '../../gonogo/engine/environment-access.ts'
import type { OpenTarget } from '../../gonogo/targets/kind-of-target.ts'
import { openTarget } from '../../gonogo/targets/open-target.ts'
import { artifactDigest } from '../../gonogo/targets/processes/artifact-digest.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

type Change = { readonly command?: string[]; readonly env?: Readonly<Record<string, string>> }
export type Changes = Readonly<Record<string, Change>>

export type RunningClawdBot = {
  /** What a check is given: the release 1.2.3 beside the stable 1.2.2, in production and in staging alike. */
  readonly context: Partial<CheckContext>
  readonly target: OpenTarget
  stop(): Promise<void>
}

/**
 * ClawdBot as the repository's gonogo.yaml declares it, in a folder of its own: 1.2.2 with all traffic, 1.2.3 beside it
 * with none. `changes` replaces the command and variables of a component, `faults/` included.
 */
export async function startClawdBot(folder: string, changes: Changes = {}): Promise<RunningClawdBot> {
  await mkdir(folder, { recursive: true })
  await cp(join(REPOSITORY, 'gonogo.yaml'), join(folder, 'gonogo.yaml'))
  await cp(join(REPOSITORY, 'checklists'), join(folder, 'checklists'), { recursive: true })
  await symlink(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'))
  const demo = join(folder, '.gonogo', 'demo')
  await makeTokens(demo, 2)
  await makeModelKeys(demo)
  await makeCertificate(demo)
  const workspace = loadWorkspace(join(folder, 'gonogo.yaml'))
  const service = withChanges(workspace.service, changes)
  const declared = service.environments.production
  if (!declared) throw new Error('gonogo.yaml declares no production')
  const home = join(folder, '.gonogo', 'environments', 'production')
  await mkdir(home, { recursive: true })
  const target = await openTarget('production', declared, home, folder)
  const stable = await build(demo, '1.2.2', 2)
  const release = await build(demo, '1.2.3', 3)
  for (const one of [stable, release]) {
    const file = join(folder, declared.database?.file ?? '')
    if (declared.database)
      await runCommand(migrationCommand(declared.database, 'up', file, one.schemaVersion ?? null), {
        cwd: join(folder, one.artifact),
        limitMs: 30_000,
      })
    const { version, digest, config } = one
    const workload = { version, digest, config, replicas: 1, artifact: join(folder, one.artifact) }
    const deployed = await target.deploy(workload, `deploy/${version}`)
    if (!deployed.ok) {
      await target.stop?.()
      throw new Error(deployed.detail)
    }
    if (one !== stable) continue
    await target.setWeights({ [version]: 100 }, `weights/${version}`)
    await target.promote(version, `promote/${version}`)
  }
  const { url } = await target.observe()
  const targets = new Map([
    ['production', target],
    ['staging', target],
  ])
  const versions = { candidate: release.version, stable: stable.version }
  const environmentNamed = (name: string) =>
    environmentAccess({ root: folder, service, targets }, versions, name, url)
  return {
    context: {
      root: folder,
      service,
      release,
      stable,
      environment: environmentNamed('production'),
      environmentNamed,
    },
    target,
    stop: async () => target.stop?.(),
  }
}

async function build(demo: string, version: '1.2.2' | '1.2.3', schemaVersion: number): Promise<Release> {
  const artifact = join(demo, 'artifacts', version)
  await assemble(REPOSITORY, version, artifact)
  // In no artifact that is deployed; a test starts one of them in place of the component.
  await cp(join(REPOSITORY, 'clawdbot', 'faults'), join(artifact, 'faults'), { recursive: true })
  return {
    release: 1,
    version,
    commit: version.replaceAll('.', '').padEnd(40, '0'),
    type: 'feature',
    risk: 'medium',
    strategy: 'canary',
    window: { start: 0, end: Number.MAX_SAFE_INTEGER, timeZone: 'Etc/UTC' },
    components: ['gateway', 'agent', 'mcp-server', 'database'],
    artifact: join('.gonogo', 'demo', 'artifacts', version),
    digest: await artifactDigest(artifact),
    flags: { migrations: true },
    authors: [],
    config: {},
    schemaVersion,
    backwardCompatible: true,
    featureFlags: {},
    newFeatures: [],
  }
}

function withChanges(service: Service, changes: Changes): Service {
  const copy = structuredClone(service)
  for (const { target } of Object.values(copy.environments)) {
    const { components } = target as unknown as {
      components: Record<string, { command: string[]; env: Record<string, string> }>
    }
    for (const [name, { command, env }] of Object.entries(changes)) {
      const component = components[name]
      if (!component) throw new Error(`gonogo.yaml declares no component ${name}`)
      if (command) component.command = command
      Object.assign(component.env, env)
    }
  }
  return copy
}
