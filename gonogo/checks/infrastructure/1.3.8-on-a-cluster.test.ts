import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { copyOf, probedWithinMs, wholePodSchema } from '#connectors/kubernetes/index.ts'
import type { Check } from '../check.ts'
import { scratchIn, tryCheck } from '../try-drill.ts'
import { podsConfig, startPods } from './1.3.8-health-checks.drill.ts'
import { check } from './1.3.8-health-checks.ts'

test('a copy of a pod that cannot serve got no traffic, and one that can did', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-1.3.8-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const scratch = scratchIn(folder)
  const { context, close } = await startPods(scratch)
  onTestFinished(close)
  const { verdict, summary } = await tryCheck(check as unknown as Check<never>, podsConfig, scratch, context)
  expect(`${verdict}: ${summary}`).toBe(
    'pass: /health and /ready are probed; a copy of a pod that cannot serve got no traffic, and one that can did',
  )
})

const pod = wholePodSchema.parse({
  metadata: {
    labels: { app: 'web', 'pod-template-hash': '1', 'gonogo.dev/slot': 'stable', 'gonogo.dev/of': 'web' },
    annotations: { why: 'x' },
  },
  spec: {
    nodeName: 'node-1',
    hostname: 'web-0',
    volumes: [{ name: 'tmp', emptyDir: {} }],
    containers: [
      {
        name: 'web',
        image: 'web:1',
        env: [
          { name: 'PORT', value: '1' },
          { name: 'URL', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } },
        ],
        readinessProbe: { initialDelaySeconds: 5, successThreshold: 2 },
      },
      { name: 'beside' },
    ],
  },
})

test('a copy is what the pod is, but belongs to nobody, and has the settings that it was given', () => {
  const changes = { name: 'copy', namespace: 'shop', labels: { own: '1' }, env: { URL: 'x' }, limitMs: 1500 }
  expect(copyOf(pod, changes)).toMatchObject({
    metadata: {
      name: 'copy',
      namespace: 'shop',
      labels: { app: 'web', own: '1' },
      annotations: { why: 'x' },
    },
    spec: {
      activeDeadlineSeconds: 2,
      volumes: [{ name: 'tmp', emptyDir: {} }],
      containers: [
        {
          image: 'web:1',
          env: [
            { name: 'PORT', value: '1' },
            { name: 'URL', value: 'x' },
          ],
        },
        { name: 'beside', env: [{ name: 'URL', value: 'x' }] },
      ],
    },
  })
  const text = JSON.stringify(copyOf(pod, changes))
  for (const own of ['node-1', 'web-0', 'pod-template-hash', 'gonogo.dev', 'secretKeyRef'])
    expect(text).not.toContain(own)
})

test('its probes find out that it is ready within their delay and as many looks as they want', () => {
  expect(probedWithinMs(pod)).toBe((5 + 2 * 11) * 1000)
})
