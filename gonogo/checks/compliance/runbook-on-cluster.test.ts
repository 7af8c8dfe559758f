import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { CheckContext } from '#checks/check.ts'
import { drillRelease } from '#checks/drill-situation.ts'
import { clusterWorld, deployment, NAMESPACE, startCluster } from '#checks/live/cluster-drill.ts'
import { scratchIn } from '#checks/try-drill.ts'
import { namesFor } from './runbook.ts'

test('on a cluster the runbook names what is there: Deployment, image by digest, and the revision to go back to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-runbook-'))
  const annotations = { 'deployment.kubernetes.io/revision': '7' }
  const world = { ...clusterWorld(), objects: [deployment({}, { annotations })] }
  const { context, close } = await startCluster(scratchIn(folder), { world })
  try {
    const ctx = { ...context, root: folder, stable: null, signal: new AbortController().signal }
    expect(await namesFor(ctx as CheckContext, {})).toMatchObject({
      namespace: NAMESPACE,
      deployment: 'web',
      image: `registry.internal/web@${drillRelease().digest}`,
      manifest: 'web.yaml',
      stableRevision: '7',
      backupFile: `web-before-${drillRelease().version}.yaml`,
    })
    expect(await namesFor(ctx as CheckContext, { image: 'mine' })).toMatchObject({ image: 'mine' })
  } finally {
    await close()
    await rm(folder, { recursive: true })
  }
})
