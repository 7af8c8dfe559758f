import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { environmentFolder, type Workspace } from '#engine/workspace.ts'
import { artifactDigest } from '#targets/processes/artifact-digest.ts'
import { openEnvironment } from './environments.ts'
import { makeCertificate } from './releases.ts'
import { type DemoVersion, VERSIONS } from './repository.ts'

/** What is deployed of a version, and the configuration that travels with it. */
export type Deployable = {
  readonly artifact: string
  readonly digest: string
  readonly config?: Readonly<Record<string, string>>
}

/** Where the demo's service runs, and what is particular about that. */
export type DemoPlace = {
  readonly workspace: Workspace
  /** Folder of this repository, which the releases are made of. */
  readonly sources: string
  /** What the demo makes; what an earlier one left there is gone. */
  readonly demo: string
  /** Called once folders of all versions, tokens and keys are there. */
  deployables(): Promise<Readonly<Record<DemoVersion, Deployable>>>
  close(): Promise<void>
}

/** Production and staging as processes of this machine. */
export async function processesPlace(workspace: Workspace, demo: string): Promise<DemoPlace> {
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
