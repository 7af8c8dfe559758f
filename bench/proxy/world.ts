import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { artifactDigest } from '../../gonogo/targets/processes/artifact-digest.ts'
import { processesConfigSchema } from '../../gonogo/targets/processes/config.ts'
import { openProcessesTarget, type ProcessesTarget } from '../../gonogo/targets/processes/processes-target.ts'
import type { Outcome } from '../../gonogo/targets/target.ts'

const ARTIFACT = fileURLToPath(new URL('../../testing/service', import.meta.url))
const ENVIRONMENT = { PORT: '${port}', VERSION: '${version}' }
const CONFIG = processesConfigSchema.parse({
  kind: 'processes',
  listen: '127.0.0.1:0',
  drainMs: 2000,
  components: { gateway: { command: ['node', 'main.ts'], env: ENVIRONMENT, ready: '/ready', public: true } },
})

export type BenchWorld = { readonly target: ProcessesTarget; readonly folder: string; end(): Promise<void> }

/** A stable version with two instances and all traffic, and a canary with one instance and none. */
export async function makeBenchWorld(): Promise<BenchWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-bench-'))
  const opened = await openProcessesTarget({ name: 'bench', folder, root: folder, config: CONFIG })
  if (!opened.ok) throw new Error(`${opened.code}: ${opened.detail}`)
  const { target } = opened
  const digest = await artifactDigest(ARTIFACT)
  const workload = (version: string, replicas: number) => ({
    version,
    artifact: ARTIFACT,
    digest,
    replicas,
    config: {},
  })
  must(await target.deploy(workload('1.0.0', 2), 'stable'))
  must(await target.setWeights({ '1.0.0': 100 }, 'weights'))
  must(await target.promote('1.0.0', 'promote'))
  must(await target.deploy(workload('1.1.0', 1), 'canary'))
  return {
    target,
    folder,
    end: async () => {
      await target.stop()
      await rm(folder, { recursive: true })
    },
  }
}

export function must(outcome: Outcome): void {
  if (!outcome.ok) throw new Error(`${outcome.code}: ${outcome.detail}`)
}
