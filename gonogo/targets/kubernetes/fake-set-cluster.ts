import type { KubernetesObject } from '@kubernetes/client-node'
import { digestOf } from '#core/json.ts'
import type { ClusterApi, Pod, StatefulSet } from './cluster-api.ts'
import { isReady } from './pods.ts'

const EVERY_MS = 5
/** In turns of the controller. */
const [STARTS_IN, DRAINS_IN] = [3, 2]

type Kept = Pod & { turns: number }
type Labels = Readonly<Record<string, string>>

const labelsOf = ({ metadata }: KubernetesObject): Labels => metadata?.labels ?? {}
const matches = (selector: Labels | undefined, one: KubernetesObject): boolean =>
  selector !== undefined && Object.entries(selector).every(([key, value]) => labelsOf(one)[key] === value)

/**
 * A fake of the part of a cluster that StatefulSets need: their controller, pod by pod and in order (OrderedReady), as
 * Kubernetes documents it and its source has it, and Services that lead to ready pods. A pod whose image has `bad` in its
 * name never starts.
 */
export class FakeSetCluster {
  readonly #objects = new Map<string, KubernetesObject>()
  readonly #pods = new Map<string, Kept>()
  readonly #revisions = new Map<string, NonNullable<StatefulSet['spec']>['template']>()
  readonly #timer = setInterval(() => this.#turn(), EVERY_MS)
  #made = 0
  /** Whether no pod starts now. */
  isBroken = false
  #told = Promise.withResolvers<void>()
  /** What was wrong in any turn: told by whoever looks after each. */
  watch: () => void = () => undefined

  readonly api = {
    namespace: 'prod',
    read: async (_api: string, kind: string, name: string) => this.#objects.get(`${kind} ${name}`) ?? null,
    list: async (_api: string, kind: string, selector: string) => this.#list(kind, selector),
    apply: async (object: KubernetesObject) => this.#apply(object),
    create: async (object: KubernetesObject) => this.#apply(object),
    replace: async (object: KubernetesObject) => this.#apply(object),
    remove: async (_api: string, kind: string, name: string, uid?: string) => this.#remove(kind, name, uid),
    lastWarning: async () => '',
    lastLog: async () => 'a last word',
  } as unknown as ClusterApi

  close(): void {
    clearInterval(this.#timer)
  }

  pods = (): readonly Pod[] =>
    [...this.#pods.values()].sort((a, b) => (a.metadata?.name ?? '').localeCompare(b.metadata?.name ?? ''))

  service = (name: string): KubernetesObject | undefined => this.#objects.get(`Service ${name}`)

  names = (kind: string): string[] =>
    [...this.#objects.values()]
      .filter((one) => one.kind === kind)
      .map(({ metadata }) => metadata?.name ?? '')
      .sort()

  #apply(object: KubernetesObject): KubernetesObject {
    const key = `${object.kind} ${object.metadata?.name}`
    const before = this.#objects.get(key)
    const changed = JSON.stringify(specOf(before)) !== JSON.stringify(specOf(object))
    const generation = (before?.metadata?.generation ?? 0) + (changed ? 1 : 0)
    const status = (before as StatefulSet | undefined)?.status
    const stored = { ...object, status, metadata: { ...object.metadata, generation } }
    this.#objects.set(key, stored)
    return stored
  }

  #remove(kind: string, name: string, uid?: string): void {
    const pod = this.#pods.get(name)
    if (kind === 'Pod' && pod?.metadata && pod.metadata.uid === uid) end(pod)
    this.#objects.delete(`${kind} ${name}`)
  }

  #list(kind: string, text: string): KubernetesObject[] {
    const selector = Object.fromEntries(text.split(',').map((one) => one.split('='))) as Labels
    if (kind === 'Pod') return this.pods().filter((one) => matches(selector, one))
    if (kind === 'EndpointSlice') return [this.#slice(selector['kubernetes.io/service-name'] ?? '')]
    return [...this.#objects.values()].filter((one) => one.kind === kind && matches(selector, one))
  }

  /** The pods that a Service leads to. */
  led = (service: string): readonly Pod[] => {
    const { selector } = (this.service(service) as { spec?: { selector?: Labels } } | undefined)?.spec ?? {}
    return this.pods().filter((one) => isReady(one) && matches(selector, one))
  }

  #slice(service: string): KubernetesObject {
    const endpoints = this.led(service).map(({ status }) => ({
      addresses: [status?.podIP],
      conditions: { ready: true },
    }))
    return { endpoints } as KubernetesObject
  }

  #turn(): void {
    for (const [name, pod] of this.#pods) this.#age(name, pod)
    for (const one of this.#objects.values())
      if (one.kind === 'StatefulSet') this.#control(one as StatefulSet)
    for (const [name, pod] of this.#pods) {
      if (!this.#objects.has(`StatefulSet ${name.replace(/-\d+$/, '')}`)) end(pod)
    }
    this.watch()
    this.#told.resolve()
    this.#told = Promise.withResolvers<void>()
  }

  /** Settles with the end of the turn that comes next. */
  next = (): Promise<void> => this.#told.promise

  #age(name: string, pod: Kept): void {
    pod.turns++
    if (pod.metadata?.deletionTimestamp && pod.turns >= DRAINS_IN) this.#pods.delete(name)
    else if (!pod.metadata?.deletionTimestamp && pod.turns === STARTS_IN) start(pod, this.isBroken)
  }

  #control(set: StatefulSet): void {
    const { name = '', generation } = set.metadata ?? {}
    const { replicas = 0, template, updateStrategy } = set.spec ?? {}
    const { partition = 0 } = updateStrategy?.rollingUpdate ?? {}
    const updateRevision = `${name}-${digestOf(template as never).slice(-8)}`
    if (template) this.#revisions.set(updateRevision, template)
    const currentRevision = set.status?.currentRevision ?? updateRevision
    const mine = this.pods().filter((pod) => pod.metadata?.name?.startsWith(`${name}-`))
    const updated = mine.filter((pod) => revisionOf(pod) === updateRevision)
    const isComplete = [updated, mine, mine.filter(isReady)].every(({ length }) => length === replicas)
    set.status = {
      observedGeneration: generation,
      replicas: mine.length,
      availableReplicas: mine.filter(isReady).length,
      updateRevision,
      currentRevision: isComplete ? updateRevision : currentRevision,
    } as NonNullable<StatefulSet['status']>
    for (let ordinal = 0; ordinal < replicas; ordinal++) {
      const pod = this.#pods.get(`${name}-${ordinal}`)
      if (!pod) {
        this.#make(`${name}-${ordinal}`, ordinal < partition ? currentRevision : updateRevision)
        return
      }
      if (!isReady(pod)) return
    }
    const replaced = mine.findLast((pod) => {
      const ordinal = Number(pod.metadata?.name?.split('-').at(-1))
      return ordinal >= replicas || (ordinal >= partition && revisionOf(pod) !== updateRevision)
    })
    if (replaced) end(replaced as Kept)
  }

  #make(name: string, revision: string): void {
    const template = this.#revisions.get(revision)
    const n = ++this.#made
    this.#pods.set(name, {
      metadata: {
        name,
        uid: String(n),
        labels: { ...template?.metadata?.labels, [REVISION]: revision },
      },
      ...(template?.spec && { spec: template.spec }),
      status: { phase: 'Pending', podIP: `10.0.0.${n}`, conditions: [] },
      turns: 0,
    })
  }
}

const REVISION = 'controller-revision-hash'
const revisionOf = (pod: Pod): string => labelsOf(pod)[REVISION] ?? ''
const specOf = (one: KubernetesObject | undefined): unknown => (one as { spec?: unknown } | undefined)?.spec

function end(pod: Kept): void {
  if (!pod.metadata || pod.metadata.deletionTimestamp) return
  pod.metadata.deletionTimestamp = new Date()
  pod.turns = 0
}

function start(pod: Kept, isBroken: boolean): void {
  const isBad = isBroken || (pod.spec?.containers[0]?.image?.includes('bad') ?? false)
  const waiting = { reason: 'CrashLoopBackOff' }
  pod.status = {
    ...pod.status,
    phase: 'Running',
    ...(isBad
      ? { containerStatuses: [{ name: 'store', restartCount: 1, state: { waiting } } as never] }
      : { conditions: [{ type: 'Ready', status: 'True' }] }),
  }
}
