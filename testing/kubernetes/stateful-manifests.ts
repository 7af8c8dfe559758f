import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseAllDocuments, stringify } from 'yaml'
import { apply, kubectl } from './commands.ts'
import { MANIFEST } from './contract-world.ts'

type Loose = Record<string, unknown>
type Declared = {
  readonly kind: string
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly Loose[] } } } & Loose
}

/** Each start of a pod is a line in its volume: the version, and the pod's name. */
const NOTED = [
  'const { VERSION, HOSTNAME } = process.env',
  "require('fs').appendFileSync('/data/starts', VERSION + ' ' + HOSTNAME + '\\n')",
  "import('/app/main.ts')",
].join('; ')

/** Volumes on this machine, which is the node, and manifests of the test service as a StatefulSet; gone with `end`. */
export function makeStatefulManifests() {
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-stateful-'))
  const storageClassName = `gonogo-test-${process.pid}`
  const write = (name: string, objects: readonly object[]): string => {
    const file = join(folder, `${name}.yaml`)
    writeFileSync(file, objects.map((one) => stringify(one)).join('---\n'))
    return file
  }
  return {
    write,
    storageClassName,
    makeVolumes: async (count: number) => {
      for (let n = 0; n < count; n++) {
        const path = join(folder, `volume-${n}`)
        mkdirSync(path, { mode: 0o777 })
        const metadata = {
          name: `${storageClassName}-${n}`,
          labels: { 'gonogo.test/volumes': storageClassName },
        }
        const spec = {
          storageClassName,
          capacity: { storage: '1Mi' },
          accessModes: ['ReadWriteOnce'],
          hostPath: { path },
        }
        await apply(JSON.stringify({ apiVersion: 'v1', kind: 'PersistentVolume', metadata, spec }))
      }
    },
    /** Of each volume, the versions of the pods that started with it, and whose it is. */
    starts: (): { readonly pods: readonly string[]; readonly versions: readonly string[] }[] =>
      readdirSync(folder)
        .filter((name) => name.startsWith('volume-'))
        .map((name) =>
          readFileSync(join(folder, name, 'starts'), 'utf8')
            .trim()
            .split('\n'),
        )
        .map((lines) => lines.map((line) => line.split(' ')))
        .map((lines) => ({
          pods: [...new Set(lines.map(([, pod = '']) => pod))],
          versions: lines.map(([version = '']) => version),
        })),
    end: async () => {
      await kubectl([
        'delete',
        'persistentvolume',
        '--selector',
        `gonogo.test/volumes=${storageClassName}`,
        '--wait=false',
      ])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** The test service's own manifest with a StatefulSet of this name in place of the Deployment. */
export function statefulService(name: string, service: object = {}): object[] {
  const text = readFileSync(MANIFEST, 'utf8')
    .replaceAll('name: web', `name: ${name}`)
    .replaceAll('app: web', `app: ${name}`)
  return parseAllDocuments(text).map((one) => {
    const object = one.toJS() as Declared
    return object.kind === 'Service'
      ? { ...object, spec: { ...object.spec, ...service } }
      : { ...object, kind: 'StatefulSet', spec: { ...object.spec, serviceName: `${name}-peers` } }
  })
}

/** The same with a volume for each pod, and a headless Service by which they find each other. */
export function withVolumes(objects: readonly object[], name: string, storageClassName: string): object[] {
  const peers = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: `${name}-peers` },
    spec: { clusterIP: 'None', selector: { app: name }, ports: [{ port: 80 }] },
  }
  const claim = {
    metadata: { name: 'data' },
    spec: { accessModes: ['ReadWriteOnce'], storageClassName, resources: { requests: { storage: '1Mi' } } },
  }
  return [
    peers,
    ...objects.map((one) => {
      const object = one as Declared
      if (object.kind !== 'StatefulSet') return object
      const { template } = object.spec
      const container = {
        ...template.spec.containers[0],
        command: ['node', '-e', NOTED],
        volumeMounts: [{ name: 'data', mountPath: '/data' }],
      }
      const pod = { ...template, spec: { ...template.spec, containers: [container] } }
      return { ...object, spec: { ...object.spec, template: pod, volumeClaimTemplates: [claim] } }
    }),
  ]
}

/** Manifests whose pods end at once: nobody asks them, so no router has to hear of it first. */
export const endingAtOnce = (objects: readonly object[]): object[] =>
  JSON.parse(JSON.stringify(objects), (key, value) => (key === 'lifecycle' ? undefined : value))
