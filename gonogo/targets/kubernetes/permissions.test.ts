import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { GRANTS, manifestOf } from './permissions.ts'

type Rule = {
  readonly apiGroups: string[]
  readonly resources: string[]
  readonly verbs: string[]
  readonly resourceNames?: string[]
}
type Manifest = { readonly kind: string; readonly rules?: Rule[] }

const read = (file: string): Manifest[] =>
  parseAllDocuments(readFileSync(new URL(`../../../deploy/gonogo/${file}`, import.meta.url), 'utf8')).map(
    (one) => one.toJS() as Manifest,
  )

/** One line for each verb on each resource. */
const spread = (kind: string, ...files: string[]): string[] =>
  files
    .flatMap(read)
    .filter((one) => one.kind === kind)
    .flatMap(({ rules = [] }) => rules)
    .flatMap(({ apiGroups, resources, verbs, resourceNames = [''] }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.flatMap((verb) => resourceNames.map((name) => `${verb} ${group}/${resource} ${name}`.trim())),
        ),
      ),
    )
    .sort()

const granted = (file: string): string[] =>
  [
    ...new Set(
      GRANTS.filter((one) => manifestOf(one) === file).flatMap(({ group, resource, verbs, name = '' }) =>
        verbs.map((verb) => `${verb} ${group}/${resource} ${name}`.trim()),
      ),
    ),
  ].sort()

describe('the manifests that run gonogo in a cluster', () => {
  test('grant what the product asks for, and nothing more', () => {
    expect(spread('Role', 'role.yaml')).toEqual(granted('role.yaml'))
    expect(spread('ClusterRole', 'cluster-reader.yaml')).toEqual(granted('cluster-reader.yaml'))
    expect(spread('Role', 'pod-metrics.yaml')).toEqual(granted('pod-metrics.yaml'))
  })

  test('have no wildcard, and let the backup identity alone read Secrets', () => {
    const all = [...spread('Role', 'role.yaml'), ...spread('ClusterRole', 'cluster-reader.yaml')]
    expect(all.filter((one) => /\*|secrets|proxy/.test(one))).toEqual([])
    expect(spread('Role', 'backup.yaml')).toEqual(['get /configmaps', 'get /secrets'])
  })
})
