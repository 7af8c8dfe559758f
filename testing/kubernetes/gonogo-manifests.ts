import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseAllDocuments } from 'yaml'

type Manifest = { readonly kind: string; readonly metadata: { readonly name: string } }
type Job = Manifest & {
  readonly spec: {
    readonly template: {
      readonly spec: { readonly containers: readonly object[]; readonly volumes: readonly { name: string }[] }
    }
  }
}

const FOLDER = new URL('../../deploy/gonogo/', import.meta.url)

/** What deploy/gonogo has in a file. */
export const gonogoManifests = (file: string): Manifest[] =>
  parseAllDocuments(readFileSync(fileURLToPath(new URL(file, FOLDER)), 'utf8')).map((one) => one.toJS())

/** The Job of the manifests, with this image and these arguments. */
export function gonogoJob(name: string, image: string, args: readonly string[]): Job {
  const job = gonogoManifests('job.yaml').find(({ kind }) => kind === 'Job') as Job
  const { containers, ...pod } = job.spec.template.spec
  const own = { image, imagePullPolicy: 'Never', args }
  const template = { spec: { ...pod, containers: containers.map((one) => ({ ...one, ...own })) } }
  return { ...job, metadata: { name }, spec: { ...job.spec, template } }
}
