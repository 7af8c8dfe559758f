import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLoad } from '../../gonogo/targets/contract/load.ts'
import { signAsTeam } from '../crash/team.ts'
import type { World } from '../crash/world.ts'
import { apply, kubectl, run } from './commands.ts'
import { MANIFEST } from './contract-world.ts'
import { makeKubernetesPlace } from './deployment-world.ts'
import { importGonogoImage } from './gonogo-image.ts'
import { gonogoJob, gonogoManifests } from './gonogo-manifests.ts'

const CHECKLIST = fileURLToPath(new URL('../crash/small-checklist.yaml', import.meta.url))
/** As its image has it. */
const USER = '65532'
const LIMIT_MS = 150_000

let world: World & { readonly namespace: string }
let image = ''
let leave = () => {}
beforeAll(async () => {
  image = await importGonogoImage()
  world = await makeKubernetesPlace(CHECKLIST)
  moveInside(world.root)
  leave = signAsTeam(world.root)
  await apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [volumeOf(world)] }))
  const own = [...gonogoManifests('role.yaml'), ...gonogoManifests('job.yaml')].filter(
    ({ kind }) => kind !== 'Job',
  )
  await within('apply', JSON.stringify({ apiVersion: 'v1', kind: 'List', items: own }))
}, 180_000)
afterAll(async () => {
  leave()
  await world?.close()
  if (world) await kubectl(['delete', 'persistentvolume', world.namespace, '--wait=false'])
}, 60_000)

/** The folder as a pod finds it: its own manifests, no kubeconfig, counters from each pod's own address. */
function moveInside(root: string): void {
  const file = join(root, 'gonogo.yaml')
  const service = JSON.parse(readFileSync(file, 'utf8'))
  const { kubeconfig: _, router: __, ...target } = service.environments.production.target
  const components = { web: { manifest: 'web.yaml', public: true } }
  const production = { target: { ...target, components }, metrics: { source: 'instances' } }
  writeFileSync(
    file,
    JSON.stringify({ ...service, checklist: 'checklist.yaml', environments: { production } }),
  )
  copyFileSync(MANIFEST, join(root, 'web.yaml'))
  copyFileSync(CHECKLIST, join(root, 'checklist.yaml'))
}

/** What the claim of the manifests is bound to: the folder on this machine, where the team signs. */
const volumeOf = ({ root, namespace }: typeof world) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: namespace },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOncePod'],
    hostPath: { path: root },
    claimRef: { namespace, name: 'gonogo' },
  },
})

const within = (verb: string, ...args: string[]): Promise<string> =>
  verb === 'apply'
    ? kubectl(['apply', '-n', world.namespace, '-f', '-'], args[0])
    : kubectl([verb, '-n', world.namespace, ...args])

/** Begins a deployment by the Job of the manifests. */
async function begin(version: string): Promise<string> {
  const job = `deploy-${version.replaceAll('.', '-')}`
  await run('chown', ['-R', `${USER}:${USER}`, world.root])
  await within('apply', JSON.stringify(gonogoJob(job, image, ['deploy', version])))
  return job
}

const newest = () => {
  const id = world.deployments().at(-1)
  return id === undefined ? null : world.stateOf(id)
}
const became = (version: string) => {
  const state = newest()
  return state?.opened.release.version === version ? (state.closed?.status ?? 'under way') : 'not yet'
}

async function closed(version: string, job: string): Promise<string> {
  await expect
    .poll(() => became(version), { timeout: LIMIT_MS, interval: 500 })
    .toMatch(/success|rolled-back|not-started/)
    .catch(async (error) => {
      throw new Error(`${error.message}\n${await within('logs', `job/${job}`, '--tail=30')}`)
    })
  return became(version)
}

test('killed in the middle, the Job goes on by its volume and its Role alone; a bad release goes back', async () => {
  await world.writeRelease('1.1.0')
  await world.writeRelease('1.2.0', { config: { errors: '0.5', behaviour: 'good' } })
  const load = startLoad((await world.target.observe()).url)
  try {
    const good = await begin('1.1.0')
    const weights = async () => (await world.target.observe()).weights['1.1.0'] ?? 0
    await expect.poll(weights, { timeout: LIMIT_MS, interval: 200 }).toBe(50)
    const pods = () =>
      within('get', 'pods', '-l', `job-name=${good}`, '-o', 'jsonpath={.items[*].metadata.name}')
    const first = await pods()
    expect(became('1.1.0')).toBe('under way')
    await within('delete', 'pod', first, '--grace-period=0', '--force')
    expect(await closed('1.1.0', good)).toBe('success')
    expect(await pods()).not.toContain(first)
    expect(load.seen.failed).toEqual([])
    expect(await closed('1.2.0', await begin('1.2.0'))).toBe('rolled-back')
    expect((await world.target.observe()).weights).toMatchObject({ '1.1.0': 100 })
  } finally {
    await load.stop()
  }
}, 400_000)
