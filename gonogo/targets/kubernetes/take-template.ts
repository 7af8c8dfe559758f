import type { V1ManagedFieldsEntry } from '@kubernetes/client-node'
import { asRead, untilUnchanged } from './change-as-read.ts'
import { type ClusterApi, type Controller, MANAGER } from './cluster-api.ts'

const DEPLOYMENTS = 'apps/v1'

type Fields = { readonly [key: string]: Fields }

/**
 * Makes gonogo the only owner of a Deployment's pod template, so that the next apply leaves nothing in it that others had put
 * there: what is promoted is then what was looked at beside it. No pod is changed by this. As `kubectl apply --server-side`
 * takes over what was applied by the client.
 */
export function takeTemplate(api: ClusterApi, name: string): Promise<void> {
  return untilUnchanged(async () => {
    const live = await api.read<Controller>(DEPLOYMENTS, 'Deployment', name)
    const fields = ownTemplate(live?.metadata?.managedFields ?? [])
    if (!live || !fields) return
    const own = { op: 'replace', path: '/metadata/managedFields', value: fields }
    await api.patchDeployment(name, [asRead(live), own])
  })
}

/** Who of the others wrote the spec last. */
export function lastWriter(entries: readonly V1ManagedFieldsEntry[]): string {
  const timeOf = ({ time }: V1ManagedFieldsEntry) => new Date(time ?? 0).getTime()
  const others = entries.filter((one) => !isOurs(one) && Object.keys(specOf(one)).length > 0)
  const [last] = others.sort((one, other) => timeOf(other) - timeOf(one))
  return last?.manager ?? 'somebody'
}

/** Who else owns anything in a Deployment's pod template. */
export const othersInTemplate = (entries: readonly V1ManagedFieldsEntry[]): string[] => [
  ...new Set(entries.filter(isOthers).map(({ manager = 'nobody' }) => manager)),
]

const isOurs = ({ manager, operation }: V1ManagedFieldsEntry): boolean =>
  manager === MANAGER && operation === 'Apply'
const isOthers = (one: V1ManagedFieldsEntry): boolean => !isOurs(one) && templateOf(one) !== undefined

/** Who owns which fields, with the template's all gonogo's; null where they are already. */
export function ownTemplate(entries: readonly V1ManagedFieldsEntry[]): V1ManagedFieldsEntry[] | null {
  const others = entries.filter(isOthers)
  if (others.length === 0) return null
  const ours = entries.find(isOurs) ?? {
    manager: MANAGER,
    operation: 'Apply',
    apiVersion: DEPLOYMENTS,
    fieldsType: 'FieldsV1',
    time: new Date(),
    fieldsV1: {},
  }
  const templates = others.map((one) => ({ 'f:spec': { 'f:template': templateOf(one) ?? {} } }))
  const own = { ...ours, fieldsV1: templates.reduce(merged, ours.fieldsV1 as Fields) }
  const rest = entries.filter((one) => one !== ours)
  const left = rest.map((one) => (others.includes(one) ? withoutTemplate(one) : one))
  return [...left.filter(({ fieldsV1 }) => Object.keys(fieldsV1 ?? {}).length > 0), own]
}

const specOf = ({ fieldsV1 }: V1ManagedFieldsEntry): Fields =>
  (fieldsV1 as Fields | undefined)?.['f:spec'] ?? {}
const templateOf = (entry: V1ManagedFieldsEntry): Fields | undefined => specOf(entry)['f:template']

function withoutTemplate(entry: V1ManagedFieldsEntry): V1ManagedFieldsEntry {
  const { 'f:template': _, ...spec } = specOf(entry)
  const { 'f:spec': __, ...fields } = entry.fieldsV1 as Fields
  return { ...entry, fieldsV1: Object.keys(spec).length > 0 ? { ...fields, 'f:spec': spec } : fields }
}

function merged(one: Fields, other: Fields): Fields {
  const both: Record<string, Fields> = { ...one }
  for (const [key, fields] of Object.entries(other)) both[key] = merged(both[key] ?? {}, fields)
  return both
}
