import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { clusterWorld, startCluster } from '../live/cluster-drill.ts'
import { scratchIn, tryCheck } from '../try-drill.ts'
import { check } from './1.3.2-capacity.ts'

test('a cluster with room for canary, copy and surge passes, and says what it counted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-capacity-'))
  const scratch = scratchIn(folder)
  const { context, close } = await startCluster(scratch, { world: clusterWorld() })
  const result = await tryCheck(check as never, {}, scratch, context)
  expect(result).toMatchObject({
    verdict: 'pass',
    summary:
      '5 × web (500m cpu, 256 MiB memory) fit, pod by pod, on 2 nodes with 8000m cpu, 16.0 GiB memory free, 0 quotas',
    blanks: { 'requests-cpu': '500m', 'requests-memory': '256Mi' },
  })
  await close()
  await rm(folder, { recursive: true })
})
