import { spawnSync } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { environmentFolder, type Workspace } from '#engine/workspace.ts'
import { artifactDigest } from '#targets/processes/artifact-digest.ts'
import type { LeftToCast } from './cast.ts'
import { openEnvironment } from './environments.ts'
import type { Deployable } from './releases.ts'
import { makeCertificate } from './releases.ts'
import { type DemoVersion, VERSIONS } from './repository.ts'

/** Where the demo's service runs, and what is particular about that. */
export type DemoPlace = {
  readonly workspace: Workspace
  /** Folder of this repository, which the releases are made of. */
  readonly sources: string
  /** What the demo makes; what an earlier one left there is gone. */
  readonly demo: string
  readonly left: LeftToCast
  /** The cluster's own parts take the machine's time as well: tests that are last in line would run into their limits. */
  readonly isCrowded: boolean
  /** Called once folders of all versions, tokens and keys are there. */
  deployables(): Promise<Readonly<Record<DemoVersion, Deployable>>>
  close(): Promise<void>
}

const NO_SANDBOX = 'no bubblewrap that works is here, so no skill runs that would need it'
/** Proofs of a sandbox that skills are locked in. */
const OF_THE_SANDBOX: LeftToCast = {
  '1.2.7': NO_SANDBOX,
  'A.3.3': NO_SANDBOX,
  'A.3.4': NO_SANDBOX,
  'A.3.5': NO_SANDBOX,
}

/** Whether bubblewrap is installed, and may make what it needs on this machine. */
function hasSandbox(): boolean {
  const args = ['--unshare-all', '--ro-bind', '/', '/', '--proc', '/proc', process.execPath, '--version']
  return spawnSync('bwrap', args, { stdio: 'ignore', timeout: 10_000 }).status === 0
}

/** Production and staging as processes of this machine. */
export async function processesPlace(file: Workspace, demo: string): Promise<DemoPlace> {
  const left = hasSandbox() ? {} : OF_THE_SANDBOX
  const checks = Object.fromEntries(Object.entries(file.service.checks).filter(([id]) => !(id in left)))
  const workspace = { ...file, service: { ...file.service, checks } }
  await rm(demo, { recursive: true, force: true })
  // The proxies that end what an earlier demo left will not start without it.
  await makeCertificate(demo)
  for (const name of ['production', 'staging']) await resetEnvironment(workspace, name)
  const deployable = async (version: DemoVersion): Promise<[DemoVersion, Deployable]> => {
    const digest = await artifactDigest(join(demo, 'artifacts', version))
    return [version, { artifact: `.gonogo/demo/artifacts/${version}`, digest }]
  }
  return {
    workspace,
    sources: workspace.root,
    demo,
    left,
    isCrowded: false,
    deployables: async () =>
      Object.fromEntries(await Promise.all(VERSIONS.map(deployable))) as Record<DemoVersion, Deployable>,
    close: async () => undefined,
  }
}

/** Ends what an earlier demo left running in an environment, and empties it. */
async function resetEnvironment(workspace: Workspace, name: string): Promise<void> {
  const target = await openEnvironment(workspace, name)
  await target.stop?.()
  await rm(environmentFolder(workspace, name), { recursive: true, force: true })
}
