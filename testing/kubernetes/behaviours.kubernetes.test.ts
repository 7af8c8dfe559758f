import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { describeBehaviours } from '../end-to-end/behaviours.ts'
import { kubectl } from './commands.ts'
import { MANIFEST } from './contract-world.ts'
import { makeKubernetesPlace } from './deployment-world.ts'

const DEADLINE_S = 10
/** Longer than the deadline after which Kubernetes calls a rollout that makes no progress failed. */
const PAUSE_MS = 12_000

const folder = mkdtempSync(join(tmpdir(), 'gonogo-manifest-'))
const manifest = join(folder, 'web.yaml')
afterAll(() => rmSync(folder, { recursive: true }))

const declared = readFileSync(MANIFEST, 'utf8')
const impatient = declared.replace(
  'spec:\n  selector: { match',
  `spec:\n  progressDeadlineSeconds: ${DEADLINE_S}\n  selector: { match`,
)
if (impatient === declared) throw new Error(`${MANIFEST} has no Deployment to give a deadline`)
writeFileSync(manifest, impatient)

const more = { components: { web: { manifest, public: true } } }
describeBehaviours('kubernetes', (checklist, own) => makeKubernetesPlace(checklist, more, own), {
  pauseMs: PAUSE_MS,
})

test('the pause was longer than the deadline that the cluster goes by', async () => {
  const of = ['deployments', '--all-namespaces', '--field-selector', 'metadata.name=web']
  const declared = await kubectl(['get', ...of, '-o', 'jsonpath={.items[*].spec.progressDeadlineSeconds}'])
  expect(declared.split(' ')).toContain(String(DEADLINE_S))
})
