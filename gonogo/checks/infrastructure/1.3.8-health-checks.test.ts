import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { copyOf, podTemplateSchema, probedWithinMs } from '#connectors/kubernetes/index.ts'
import type { Check } from '../check.ts'
import type { DrillScratch } from '../drill.ts'
import { scratchIn, tryCheck } from '../try-drill.ts'
import { podsConfig, start, startPods } from './1.3.8-health-checks.drill.ts'
import { check } from './1.3.8-health-checks.ts'

async function makeScratch(): Promise<DrillScratch> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-1.3.8-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  return scratchIn(folder)
}

test('a copy of a pod that cannot serve got no traffic, and one that can did', async () => {
  const scratch = await makeScratch()
  const { context, close } = await startPods(scratch)
  onTestFinished(close)
  const { verdict, summary } = await tryCheck(check as unknown as Check<never>, podsConfig, scratch, context)
  expect(`${verdict}: ${summary}`).toBe(
    'pass: /health and /ready are probed; a copy of a pod that cannot serve got no traffic, and one that can did',
  )
})

test('an instance that was stopped goes on when the check is interrupted', async () => {
  const scratch = await makeScratch()
  const interrupt = new AbortController()
  const { context, close } = await start(scratch, {}, async () => {
    // Looked at while it is stopped.
    interrupt.abort()
    return true
  })
  onTestFinished(close)
  const { signal } = interrupt
  await expect(
    tryCheck(check as unknown as Check<never>, { within: 60 }, scratch, { ...context, signal }),
  ).rejects.toThrow(/abort/)
  const [instance] = await context.environmentNamed().candidates()
  expect((await fetch(`${instance?.url}/ready`)).status).toBe(200)
})

const template = podTemplateSchema.parse({
  metadata: {
    labels: { app: 'web', 'pod-template-hash': '1', 'gonogo.dev/slot': 'stable', 'gonogo.dev/of': 'web' },
    annotations: { why: 'x' },
  },
  spec: {
    readinessGates: [{ conditionType: 'example.com/registered' }],
    volumes: [{ name: 'tmp', emptyDir: {} }],
    containers: [
      {
        name: 'web',
        image: 'web:1',
        env: [
          { name: 'HOST', valueFrom: { secretKeyRef: { name: 'a', key: 'b' } } },
          { name: 'URL', value: 'postgres://$(HOST)' },
        ],
        readinessProbe: { initialDelaySeconds: 5, successThreshold: 2 },
      },
      { name: 'beside' },
    ],
  },
})

test('a copy is what the template says, but belongs to nobody, and has the settings that it was given', () => {
  const metadata = { name: 'copy', namespace: 'shop', ownerReferences: [] }
  const copy = copyOf(template, { metadata, labels: { own: '1' }, env: { HOST: 'x' }, limitMs: 1500 })
  expect(copy).toEqual({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, labels: { app: 'web', own: '1' }, annotations: { why: 'x' } },
    spec: {
      activeDeadlineSeconds: 2,
      volumes: [{ name: 'tmp', emptyDir: {} }],
      containers: [
        expect.objectContaining({
          image: 'web:1',
          // What refers to another is after it.
          env: [
            { name: 'HOST', value: 'x' },
            { name: 'URL', value: 'postgres://$(HOST)' },
          ],
        }),
        { name: 'beside', env: [{ name: 'HOST', value: 'x' }] },
      ],
    },
  })
})

test('its probes find out that it is ready within their delay and as many looks as they want', () => {
  expect(probedWithinMs(template)).toBe((5 + 2 * 11) * 1000)
})
