import { ApiException } from '@kubernetes/client-node'
import { expect, test } from 'vitest'
import type { ClusterApi } from './cluster-api.ts'
import { othersInTemplate, ownTemplate, takeTemplate } from './take-template.ts'

const container = (...fields: string[]) => ({
  'f:spec': {
    'f:containers': {
      'k:{"name":"web"}': Object.fromEntries(['.', ...fields].map((one) => [one, {}])),
    },
  },
})
const entry = (manager: string, operation: string, fieldsV1: object) => ({
  manager,
  operation,
  apiVersion: 'apps/v1',
  fieldsType: 'FieldsV1',
  fieldsV1,
})
const ours = entry('gonogo', 'Apply', { 'f:spec': { 'f:template': container('f:image') } })
const status = entry('kube-controller-manager', 'Update', { 'f:status': { 'f:replicas': {} } })
const scaler = entry('hpa', 'Update', { 'f:spec': { 'f:replicas': {} } })

test('all of the template is gonogo’s, whoever had put it there; the rest stays whose it was', () => {
  const client = entry('kubectl-client-side-apply', 'Update', {
    'f:metadata': { 'f:labels': { 'f:team': {} } },
    'f:spec': { 'f:replicas': {}, 'f:template': container('f:image', 'f:livenessProbe') },
  })
  const person = entry('kubectl-set', 'Update', { 'f:spec': { 'f:template': container('f:env') } })
  const taken = ownTemplate([client, ours, person, status, scaler])
  expect(taken).toEqual([
    {
      ...client,
      fieldsV1: { 'f:metadata': { 'f:labels': { 'f:team': {} } }, 'f:spec': { 'f:replicas': {} } },
    },
    status,
    scaler,
    { ...ours, fieldsV1: { 'f:spec': { 'f:template': container('f:image', 'f:livenessProbe', 'f:env') } } },
  ])
  expect(ownTemplate(taken ?? [])).toBeNull()
})

test('one that gonogo never applied becomes its own', () => {
  const person = entry('kubectl-create', 'Update', { 'f:spec': { 'f:template': container('f:env') } })
  expect(ownTemplate([person])).toMatchObject([
    { manager: 'gonogo', operation: 'Apply', apiVersion: 'apps/v1', fieldsV1: person.fieldsV1 },
  ])
})

test('where nobody else has anything in it there is nothing to take', () => {
  expect(ownTemplate([ours, status, scaler])).toBeNull()
  expect(ownTemplate([])).toBeNull()
})

test('one that changes between read and write is read again, and one that is refused is told', async () => {
  const person = entry('kubectl-set', 'Update', { 'f:spec': { 'f:template': container('f:env') } })
  expect(othersInTemplate([ours, person, scaler])).toEqual(['kubectl-set'])
  let version = 1
  const written: unknown[] = []
  const api = {
    read: async () => ({ metadata: { resourceVersion: `${version}`, managedFields: [ours, person] } }),
    patchDeployment: async (_: string, operations: { op: string; path: string; value: unknown }[]) => {
      if (version === 3) throw new ApiException(403, '', '{}', {})
      if (version++ === 1) throw new ApiException(422, '', '{}', {})
      written.push(...operations)
    },
  } as unknown as ClusterApi
  await takeTemplate(api, 'web')
  expect(written).toEqual([
    { op: 'test', path: '/metadata/resourceVersion', value: '2' },
    { op: 'replace', path: '/metadata/managedFields', value: ownTemplate([ours, person]) },
  ])
  await expect(takeTemplate(api, 'web')).rejects.toThrow()
})
