import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { startCast } from '../../gonogo/cli/demo/cast.ts'
import { loadReleaseOf, loadWorkspace } from '../../gonogo/cli/load.ts'
import { type Deployed, type DeployRequest, deploy } from '../../gonogo/engine/deploy.ts'
import { openDeploymentOf } from '../../gonogo/engine/open-deployment.ts'
import type { Author } from '../../gonogo/engine/people-events.ts'
import { openLog } from '../../gonogo/engine/workspace.ts'
import { makeDemoKey, pemSigner } from '../../gonogo/evidence/signatures.ts'

const TEAM = { ada: 'deployment-lead', cy: 'security-lead', eve: 'engineering-lead', bo: 'sre-on-call' }

const keyOf = (root: string, id: string): string => join(root, 'keys', `${id}.pem`)

/** The `people` of a service file, with keys beside it to sign by; `more`: roles beyond the usual four, by person. */
export function makeTeam(root: string, more: Readonly<Record<string, string>> = {}): Record<string, object> {
  mkdirSync(join(root, 'keys'), { recursive: true })
  const people = Object.entries({ ...TEAM, ...more }).map(([id, role]): [string, object] => {
    const { publicKeyLine, privateKeyPem } = makeDemoKey(id)
    writeFileSync(keyOf(root, id), privateKeyPem)
    return [id, { name: id, contact: `${id}@world.internal`, roles: [role], keys: [publicKeyLine] }]
  })
  return Object.fromEntries(people)
}

/** Somebody of the team, with the key to sign by. */
export const authorIn = (root: string, person: string): Author => ({
  person,
  signer: pemSigner(readFileSync(keyOf(root, person), 'utf8')),
})

/** A release file of the folder: what is deployed, and what is particular about it. */
export function makeRelease(root: string, version: string, own: Readonly<Record<string, unknown>>): void {
  const release = {
    release: 1,
    version,
    commit: 'c'.repeat(40),
    type: 'feature',
    risk: 'low',
    strategy: 'canary',
    components: ['gateway'],
    window: { start: '2020-01-01T00:00:00Z', end: '2040-01-01T00:00:00Z', timeZone: 'Etc/UTC' },
    ...own,
  }
  mkdirSync(join(root, 'releases'), { recursive: true })
  writeFileSync(join(root, 'releases', `${version}.yaml`), JSON.stringify(release))
}

/** The team signs whatever a deployment that somebody else runs on this folder's log asks of it, until the end that is answered. */
export function signAsTeam(root: string): () => void {
  const { service } = loadWorkspace(join(root, 'gonogo.yaml'))
  const store = openLog(root)
  const underWay = () => openDeploymentOf(store, 'production')?.state.id ?? null
  const leave = startCast(store, underWay, signersOf(root, service.people))
  return () => {
    leave()
    store.close()
  }
}

const signersOf = (root: string, people: object) =>
  new Map(Object.keys(people).map((id) => [id, authorIn(root, id).signer]))

type How = Pick<DeployRequest, 'clock' | 'listener' | 'boundary'>

/** Deploys a release of the folder to its production; the team signs whatever is asked of it, until `leave` or the end. */
export function deployAsTeam(
  root: string,
  version: string,
  how: How,
): { readonly deployed: Promise<Deployed>; leave(): void } {
  const workspace = loadWorkspace(join(root, 'gonogo.yaml'))
  const signers = signersOf(root, workspace.service.people)
  const store = openLog(root)
  let id: string | null = null
  const leave = startCast(store, () => id, signers)
  const deployed = deploy({
    workspace,
    store,
    environment: 'production',
    release: loadReleaseOf(workspace, version, null),
    releaseOf: (stable) => loadReleaseOf(workspace, stable, null),
    stop: new AbortController().signal,
    opened: (opened) => {
      id = opened
    },
    ...how,
  }).finally(() => {
    leave()
    store.close()
  })
  return { deployed, leave }
}
