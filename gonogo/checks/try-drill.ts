import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import type { Json } from '#core/json.ts'
import { sha256 } from '#core/json.ts'
import { type Check, type CheckContext, CheckProblem, type CheckResult } from './check.ts'
import type { Drill, DrillScratch } from './drill.ts'
import { drillEnvironment, drillRelease, drillService, drillStable } from './drill-situation.ts'

export type TriedFault = { readonly fault: string; readonly expect: string; readonly result: CheckResult }

/** Runs a check on its drill's ground and on each planted fault, with nothing of the engine. For tests. */
export async function tryDrill<G>(
  check: Check<never>,
  drill: Drill<G>,
): Promise<{ ground: CheckResult; faults: TriedFault[] }> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-try-'))
  const scratch = scratchIn(folder)
  let green: CheckResult | null = null
  const faults: TriedFault[] = []
  try {
    for (const fault of drill.faults) {
      const ground = await drill.ground(scratch)
      green ??= await tryCheck(check, ground.config, scratch, ground.context ?? {})
      const planted = await fault.plant(ground, scratch)
      const context = { ...ground.context, ...planted.context }
      const result = await tryCheck(check, planted.config ?? ground.config, scratch, context)
      faults.push({ fault: fault.name, expect: fault.expect, result })
      await planted.close?.()
      await ground.close?.()
      if (green.verdict !== 'pass') break
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  if (!green) throw new Error(`the drill of ${drill.item} plants no fault`)
  return { ground: green, faults }
}

/** One run of a check in a folder, its problems as `unknown`, as the engine would have it. */
export async function tryCheck(
  check: Check<never>,
  config: Json,
  scratch: Pick<DrillScratch, 'folder'>,
  overrides: Partial<CheckContext> = {},
): Promise<CheckResult> {
  try {
    const parsed = check.config.parse(config)
    return await check.run({ ...drillContext(scratch.folder, check.id), ...overrides }, parsed)
  } catch (problem) {
    if (!(problem instanceof CheckProblem)) throw problem
    return { verdict: 'unknown', summary: problem.message, claim: null, source: 'the check itself' }
  }
}

export function scratchIn(folder: string): DrillScratch {
  const write = async (path: string, text: string | Uint8Array) => {
    const file = join(folder, path)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, text)
    return file
  }
  return { folder, root: folder, write }
}

const nowhere = (): never => {
  throw new CheckProblem('there is no environment here')
}

/** A check's context in a scratch folder, with no environment: what a drill's ground overrides where it needs more. */
export function drillContext(folder: string, item: string): CheckContext {
  return {
    item,
    now: () => Date.now(),
    signal: new AbortController().signal,
    root: folder,
    service: drillService(),
    release: drillRelease(),
    stable: drillStable(),
    deploymentId: 'd-drill',
    environment: drillEnvironment({
      get target() {
        return nowhere()
      },
    }),
    environmentNamed: nowhere,
    resultOf: () => null,
    previousResultOf: () => null,
    scrapesSince: () => [],
    timeline: {
      openedAtMs: 0,
      candidateDeployedAtMs: null,
      fullTrafficAtMs: null,
      watchStartedAtMs: null,
      watchEndsAtMs: null,
      rolledBack: false,
      confirmed: [],
    },
    keep: async (name, mediaType, bytes) => ({
      name,
      mediaType,
      digest: sha256(bytes),
      bytes: Buffer.byteLength(bytes),
    }),
  }
}
