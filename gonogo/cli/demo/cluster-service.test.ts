import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { CHECKS } from '#checks/registry.ts'
import { serviceSchema } from '#core/service.ts'
import { kubernetesConfigSchema } from '#targets/kubernetes/config.ts'
import { readManifests, readMigration } from '#targets/kubernetes/read-manifests.ts'
import { renderVersion } from '#targets/kubernetes/render.ts'
import { clusterService, UNPROVEN } from './cluster-service.ts'

const sources = fileURLToPath(new URL('../../..', import.meta.url))
const file = parse(readFileSync(join(sources, 'gonogo.yaml'), 'utf8'))
const environment = (name: string) => ({ namespace: `demo-${name}`, url: `http://${name}.example` })
const place = {
  cluster: '11111111-2222-4333-8444-555555555555',
  outside: { host: '10.245.0.1', port: 1000 },
  inside: { host: '10.244.0.1', port: 5432 },
  image: 'gonogo.test/node@sha256:0',
  environments: { production: environment('production'), staging: environment('staging') },
}
const service = serviceSchema.parse(clusterService(file, place, sources))
const configs = Object.values(service.environments).map(({ target }) => kubernetesConfigSchema.parse(target))

describe('the demo’s service file for a cluster', () => {
  test('has people, steps, criteria and access of gonogo.yaml, and every check that a cluster does not change', () => {
    const original = serviceSchema.parse(file)
    expect(service.people).toEqual(original.people)
    expect(service.policy.steps).toEqual(original.policy.steps)
    expect(service.policy.rollback).toEqual(original.policy.rollback)
    expect(service.environments.staging?.access).toEqual({
      ...original.environments.staging?.access,
      database: '${file:.gonogo/demo/database/staging}',
    })
    const changed = ['1.3.2', '1.3.8', '2.1.2', '3.3.2.5', '2.4.1', '3.3.4.4', ...Object.keys(UNPROVEN)]
    const same = Object.keys(original.checks).filter((id) => !changed.includes(id))
    expect(same.length).toBeGreaterThan(30)
    for (const id of same) expect(service.checks[id], id).toEqual(original.checks[id])
  })

  test('leaves out only what gonogo.yaml proves, and binds nothing with a configuration that no check takes', () => {
    for (const id of Object.keys(UNPROVEN)) expect(file.checks, id).toHaveProperty([id])
    for (const [id, config] of Object.entries(service.checks))
      expect(CHECKS.get(id)?.config.safeParse(config), id).toMatchObject({ success: true })
  })

  test('deploys the manifests of deploy/clawdbot, each of which meets the restricted standard', () => {
    const digest = `sha256:${'a'.repeat(64)}`
    const workload = { version: '1.2.3', artifact: 'x', digest, replicas: 1, config: {} }
    expect(configs).toHaveLength(2)
    for (const config of configs) {
      expect(readMigration(config, sources)?.kind).toBe('Job')
      const manifests = readManifests(config, sources)
      const { namespace } = config
      const { components } = renderVersion({
        namespace,
        of: 'x',
        workload,
        manifests,
        slot: 'canary',
        replicas: 1,
      })
      expect(components).toHaveLength(4)
      for (const { name, controller } of components) {
        const pod = controller.spec?.template.spec
        expect(pod?.securityContext, name).toMatchObject({
          runAsNonRoot: true,
          seccompProfile: { type: 'RuntimeDefault' },
        })
        expect(pod?.containers[0], name).toMatchObject({
          readinessProbe: { httpGet: { path: '/ready' } },
          livenessProbe: { httpGet: { path: '/health' } },
          resources: { requests: { cpu: expect.anything(), memory: expect.anything() } },
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
        })
      }
    }
  })
})
