import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { openDeploymentOf } from '#engine/open-deployment.ts'
import { openLog, stateFolder } from '#engine/workspace.ts'
import type { Signer } from '#evidence/signatures.ts'
import type { Output } from '../output.ts'
import { type Pipeline, runPipeline, runUnitTests } from './pipeline.ts'
import type { DemoPlace } from './place.ts'
import { makeCastKeys, makeModelKeys, makeTokens, writeRelease, writeReviews } from './releases.ts'
import { type DemoVersion, makeRepository, VERSIONS } from './repository.ts'

const VISITORS = 20
export const STABLE = '1.2.2'

export type Prepared = {
  readonly signers: ReadonlyMap<string, Signer>
  readonly tokens: readonly string[]
  /** What the CI does for 1.2.3, and for 1.2.2 to compare it with; it has begun. */
  readonly tested: Promise<unknown>
  /** What the CI does for 1.2.4: while 1.2.3 is deployed, or before where the machine is crowded. */
  testNext(): Promise<void>
}

/** A repository with three releases, keys, tokens and evidence, all under `.gonogo/demo`. `stop` ends the tests. */
export async function prepareDemo(
  { workspace, sources, demo, isCrowded, deployables }: DemoPlace,
  output: Output,
  stop: AbortSignal,
): Promise<Prepared> {
  await setAsideLog(workspace.root)
  output.say('· making a repository of ClawdBot with three releases')
  const commits = await makeRepository(sources, demo)
  const signers = await makeCastKeys(demo, workspace.service)
  const tokens = await makeTokens(demo, VISITORS)
  await makeModelKeys(demo)
  await writeReviews(demo, commits)
  output.say('· running type check, lint and tests of 1.2.3')
  const pipelineOf = (version: DemoVersion): Pipeline => ({
    root: sources,
    demo,
    version,
    commit: commits[version],
    stop,
  })
  // Side by side: much of a test's time is waiting for servers that it started.
  const tested = inBackground(
    Promise.all([runUnitTests(pipelineOf(STABLE)), runPipeline(pipelineOf('1.2.3'))]),
  )
  const made = await deployables()
  for (const version of VERSIONS)
    await writeRelease(demo, version, commits[version], made[version], Date.now())
  return {
    signers,
    tokens,
    tested,
    testNext: () => runPipeline({ ...pipelineOf('1.2.4'), inBackground: !isCrowded }),
  }
}

/** Something that is awaited later, where its failure is told; until then that must not end the process. */
export function inBackground<T>(work: Promise<T>): Promise<T> {
  work.catch(() => undefined)
  return work
}

/** A demo that was broken off leaves a deployment open, which nobody can finish any more; its log is kept aside. */
async function setAsideLog(root: string): Promise<void> {
  const store = openLog(root)
  const isOpen = openDeploymentOf(store, 'production') !== null
  store.close()
  if (!isOpen) return
  const aside = join(stateFolder(root), `log-${Date.now()}`)
  await mkdir(aside, { recursive: true })
  for (const name of ['log.sqlite', 'log.sqlite-wal', 'log.sqlite-shm'])
    await rename(join(stateFolder(root), name), join(aside, name)).catch((error: { code?: string }) => {
      if (error.code !== 'ENOENT') throw error
    })
}
