import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Release } from '#core/release.ts'
import { workloadOf } from '#engine/effects.ts'
import { Refusal } from '#engine/exit-codes.ts'
import { environmentFolder, type Workspace } from '#engine/workspace.ts'
import type { OpenTarget } from '#targets/kind-of-target.ts'
import { openTarget } from '#targets/open-target.ts'
import type { Outcome } from '#targets/target.ts'

/** Brings an environment to where a service is before its next release: migrated, running, all traffic on `release`. */
export async function startStable(workspace: Workspace, name: string, release: Release): Promise<OpenTarget> {
  await mkdir(environmentFolder(workspace, name), { recursive: true })
  const target = await openEnvironment(workspace, name)
  must(await migrate(target, release, `demo/migrate/${release.version}`))
  const workload = workloadOf(release, target.replicas)
  must(await target.deploy(workload, `demo/deploy/${release.version}`))
  must(await target.setWeights({ [release.version]: 100 }, `demo/weights/${release.version}`))
  must(await target.promote(release.version, `demo/promote/${release.version}`))
  return target
}

/**
 * The rehearsal in staging: the release beside the stable version by the same steps, all the way and back, measured; then
 * it stays there, so that phase 1 finds it.
 */
export async function rehearse(
  workspace: Workspace,
  demo: string,
  target: OpenTarget,
  stable: Release,
  release: Release,
): Promise<void> {
  const { version } = release
  const key = `demo/rehearsal/${version}`
  must(await migrate(target, release, `${key}/migrate`))
  must(await target.deploy(workloadOf(release, target.replicas), `${key}/deploy`))
  for (const { weight } of workspace.service.policy.steps)
    must(await target.setWeights({ [version]: weight, [stable.version]: 100 - weight }, `${key}/${weight}`))
  const startedAt = performance.now()
  must(await target.setWeights({ [stable.version]: 100, [version]: 0 }, `${key}/back`))
  const trafficZeroMs = performance.now() - startedAt
  must(await target.revert(stable.version, version, `${key}/revert`))
  const record = {
    rehearsal: 1,
    environment: 'staging',
    from: version,
    digest: release.digest,
    to: stable.version,
    restored: (await target.observe()).weights[stable.version] === 100,
    durationMs: performance.now() - startedAt,
    trafficZeroMs,
    at: new Date().toISOString(),
  }
  const folder = join(demo, 'evidence', version)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'rehearsal.json'), JSON.stringify(record, null, 2))
  must(await target.deploy(workloadOf(release, target.replicas), `${key}/again`))
}

export function openEnvironment(workspace: Workspace, name: string): Promise<OpenTarget> {
  const environment = workspace.service.environments[name]
  if (!environment)
    throw new Refusal('no-environment', `the demo needs an environment ${name} in ${workspace.serviceFile}`)
  return openTarget(name, environment, environmentFolder(workspace, name), workspace.root)
}

function migrate(target: OpenTarget, release: Release, key: string): Promise<Outcome> {
  const to = release.schemaVersion ?? null
  return target.migrate({ workload: workloadOf(release, 0), direction: 'up', to }, key)
}

function must(outcome: Outcome): void {
  if (!outcome.ok) throw new Refusal(outcome.code, outcome.detail, 3)
}
