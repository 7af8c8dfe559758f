import { describe, expect, test } from 'vitest'
import type { Migration } from '../target.ts'
import { jobName, renderJob } from './migration-job.ts'

const digest = `sha256:${'a'.repeat(64)}`
const migration: Migration = {
  workload: { version: '1.3.0', artifact: 'registry/clawdbot:1.3.0', digest, replicas: 0, config: {} },
  direction: 'up',
  to: 3,
}
const rendered = (container: object = {}) =>
  renderJob(
    {
      namespace: 'prod',
      of: 'gateway',
      limitMs: 90_500,
      manifest: {
        kind: 'Job',
        metadata: { name: 'migrate', labels: { team: 'a' } },
        spec: {
          backoffLimit: 6,
          ttlSecondsAfterFinished: 5,
          template: {
            spec: {
              restartPolicy: 'OnFailure',
              containers: [
                { name: 'one', image: '${image}', args: ['${direction}', '--to', '${to}'], ...container },
              ],
            },
          },
        },
      },
    },
    migration,
    'd-1/migrate:up',
  )

describe('the Job of a migration', () => {
  test('runs the image that was voted on, once, for a limited time, and stays until gonogo takes it away', () => {
    const { spec } = rendered()
    expect(spec).toMatchObject({ backoffLimit: 0, completions: 1, parallelism: 1, activeDeadlineSeconds: 91 })
    expect(spec).not.toHaveProperty('ttlSecondsAfterFinished')
    expect(spec?.template.spec).toMatchObject({
      restartPolicy: 'Never',
      containers: [{ image: `registry/clawdbot@${digest}`, args: ['up', '--to', '3'] }],
    })
  })

  test('is restricted wherever its manifest does not say otherwise', () => {
    expect(rendered().spec?.template.spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      containers: [{ securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } } }],
    })
    const own = { securityContext: { allowPrivilegeEscalation: true } }
    expect(rendered(own).spec?.template.spec?.containers[0]).toMatchObject(own)
  })

  test('has none of the labels by which pods are taken for instances', () => {
    const labels = Object.keys(rendered().spec?.template.metadata?.labels ?? {})
    expect(labels).toContain('gonogo.dev/migrates')
    expect(labels).not.toContain('gonogo.dev/of')
    expect(labels).not.toContain('gonogo.dev/version')
  })

  test('has one name for every attempt of a deployment, another for the way back and for other deployments', () => {
    const name = jobName('gateway', migration, 'd-1/migrate:up')
    expect(jobName('gateway', migration, 'd-1/migrate:up#2')).toBe(name)
    const others = [
      jobName('gateway', { ...migration, direction: 'down' }, 'd-1/migrate:down'),
      jobName('gateway', migration, 'd-2/migrate:up'),
    ]
    expect(new Set([name, ...others]).size).toBe(3)
    expect(jobName('g'.repeat(60), migration, 'd').length).toBeLessThanOrEqual(63 - 6)
  })
})
