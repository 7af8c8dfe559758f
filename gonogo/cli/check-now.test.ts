import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { drillRelease } from '#checks/drill-situation.ts'
import { checkNow } from '#engine/check-now.ts'
import { makeTeam } from '../../testing/crash/team.ts'
import { loadWorkspace } from './load.ts'

const CHECKLIST = fileURLToPath(new URL('../../testing/crash/small-checklist.yaml', import.meta.url))

let root = ''
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'gonogo-check-now-'))
  const target = { kind: 'nowhere' }
  const service = {
    gonogo: 1,
    service: 'web',
    checklist: CHECKLIST,
    environments: { production: { target } },
    people: makeTeam(root),
  }
  writeFileSync(join(root, 'gonogo.yaml'), JSON.stringify(service))
})
afterAll(() => rmSync(root, { recursive: true }))

test('a check says why the environment that it is about cannot be opened', async () => {
  const results = checkNow({
    workspace: loadWorkspace(join(root, 'gonogo.yaml')),
    environment: 'production',
    release: drillRelease(),
    releaseOf: () => drillRelease(),
    items: ['1.1.1'],
    started: () => undefined,
    trouble: () => undefined,
    stop: new AbortController().signal,
  })
  await expect(results).rejects.toThrow('environments.production.target.kind: nowhere is not known')
})
