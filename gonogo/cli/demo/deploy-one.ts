import { join } from 'node:path'
import type { Stage } from '#core/checklist.ts'
import { systemClock } from '#engine/clock.ts'
import { type Deployed, deploy } from '#engine/deploy.ts'
import type { Listener } from '#engine/listener.ts'
import { stateFolder, type Workspace } from '#engine/workspace.ts'
import type { Signer } from '#evidence/signatures.ts'
import type { Store } from '#store/store.ts'
import type { OpenTarget } from '#targets/kind-of-target.ts'
import { LiveView } from '../live-view.ts'
import { loadReleaseOf } from '../load.ts'
import type { Output } from '../output.ts'
import { type LeftToCast, startCast } from './cast.ts'
import { rehearse } from './environments.ts'

/** Nobody may be there to answer what the cast cannot; then the demo says what is open, and ends. */
const DEPLOYMENT_LIMIT_MS = 600_000

export type Run = {
  readonly workspace: Workspace
  readonly store: Store
  readonly output: Output
  readonly signers: ReadonlyMap<string, Signer>
  readonly left: LeftToCast
  readonly staging: OpenTarget
  readonly stop: AbortSignal
}

/** What else happens when a stage begins. */
type AtStage = Partial<Record<Stage, () => void>>

/** Brings a version to production as `gonogo deploy` does, the cast answering what people are asked. */
export async function deployOne(run: Run, version: string, at: AtStage = {}): Promise<Deployed> {
  const { workspace, store, output, signers, left } = run
  const view = new LiveView(output)
  let id: string | null = null
  const stopCast = startCast(store, () => id, signers, left)
  try {
    return await deploy({
      workspace,
      store,
      environment: 'production',
      release: loadReleaseOf(workspace, version, Date.now()),
      releaseOf: (stable) => loadReleaseOf(workspace, stable, null),
      clock: systemClock,
      listener: telling(view, at),
      opened: (opened) => {
        id = opened
      },
      stop: AbortSignal.any([run.stop, AbortSignal.timeout(DEPLOYMENT_LIMIT_MS)]),
    })
  } finally {
    stopCast()
    view.close()
  }
}

const telling = (view: LiveView, at: AtStage): Listener => ({
  event: (recorded, state) => {
    view.event(recorded, state)
    if (recorded.event.type === 'stageEntered') at[recorded.event.stage]?.()
  },
  started: (what) => view.started(what),
  finished: (what) => view.finished(what),
  judged: (judgement) => view.judged(judgement),
  trouble: (message) => view.trouble(message),
})

export async function rehearseIn(run: Run, from: string, version: string): Promise<void> {
  const { workspace, output, staging } = run
  output.say(`· rehearsing ${version} and its way back in staging`)
  const [stable, release] = [loadReleaseOf(workspace, from, null), loadReleaseOf(workspace, version, null)]
  await rehearse(workspace, join(stateFolder(workspace.root), 'demo'), staging, stable, release)
}

/** Staging follows production. */
export async function makeStable(staging: OpenTarget, version: string): Promise<void> {
  await staging.setWeights({ [version]: 100 }, `demo/staging/weights/${version}`)
  await staging.promote(version, `demo/staging/promote/${version}`)
  await staging.cleanup([version], `demo/staging/cleanup/${version}`)
}
