import { mkdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { openDeploymentOf } from '#engine/open-deployment.ts'
import { openLog, stateFolder, type Workspace } from '#engine/workspace.ts'
import type { Signer } from '#evidence/signatures.ts'
import type { Output } from '../output.ts'
import { resetEnvironment } from './environments.ts'
import { runPipeline, runUnitTests } from './pipeline.ts'
import {
  makeCastKeys,
  makeCertificate,
  makeModelKeys,
  makeTokens,
  writeRelease,
  writeReviews,
} from './releases.ts'
import { makeRepository, VERSIONS } from './repository.ts'

const VISITORS = 20
export const STABLE = '1.2.2'

/** A repository with three releases, keys, tokens and evidence, all under `.gonogo/demo`; what an earlier demo left is cleared. */
export async function prepareDemo(
  workspace: Workspace,
  output: Output,
): Promise<{ signers: Map<string, Signer>; tokens: string[] }> {
  const demo = join(stateFolder(workspace.root), 'demo')
  output.say('· clearing what an earlier demo left')
  await rm(demo, { recursive: true, force: true })
  await makeCertificate(demo)
  for (const name of ['production', 'staging']) await resetEnvironment(workspace, name)
  await setAsideLog(workspace.root)
  output.say('· making a repository of ClawdBot with three releases')
  const commits = await makeRepository(workspace.root, demo)
  const signers = await makeCastKeys(demo, workspace.service)
  const tokens = await makeTokens(demo, VISITORS)
  await makeModelKeys(demo)
  await writeReviews(demo, commits)
  for (const version of VERSIONS) await writeRelease(demo, version, commits[version], Date.now())
  output.say('· running type check, lint and tests of 1.2.3 and 1.2.4')
  // Side by side: much of a test's time is waiting for servers that it started.
  await Promise.all([
    runUnitTests(workspace.root, demo, STABLE, commits[STABLE]),
    ...(['1.2.3', '1.2.4'] as const).map((version) =>
      runPipeline(workspace.root, demo, version, commits[version]),
    ),
  ])
  return { signers, tokens }
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
