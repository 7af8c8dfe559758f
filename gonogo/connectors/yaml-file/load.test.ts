import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { z } from 'zod'
import { type Block, formatProblem, loadChecklist, loadRelease, loadService, type Problem } from './index.ts'

const folder = mkdtempSync(join(tmpdir(), 'gonogo-load-'))
const releases = join(folder, 'releases')
mkdirSync(releases)
copyFileSync(
  new URL('../../../checklists/clawdbot-production.yaml', import.meta.url),
  join(folder, 'clawdbot.yaml'),
)
afterAll(() => rmSync(folder, { recursive: true }))

const serviceText = `gonogo: 1
service: clawdbot
checklist: clawdbot.yaml
environments:
  production: { target: { kind: processes } }
people:
  ann: { name: Ann, contact: ann@example.com, roles: [deployment-lead] }
  bo: { name: Bo, contact: bo@example.com, roles: [sre-on-call] }
  cy: { name: Cy, contact: cy@example.com, roles: [security-lead] }
  di: { name: Di, contact: di@example.com, roles: [engineering-lead] }
  ed: { name: Ed, contact: ed@example.com, roles: [engineering-manager] }
checks:
  1.3.6: { hosts: [example.com] }
`
const releaseText = `release: 1
version: v1.2.3
commit: ${'a'.repeat(40)}
type: feature
risk: low
strategy: canary
window: { start: '2026-03-01T10:00:00Z', end: '2026-03-01T14:00:00Z', timeZone: UTC }
components: [gateway]
artifact: artifact
digest: sha256:${'0'.repeat(64)}
authors: [ann]
`
const now = Date.parse('2026-03-01T09:00:00Z')

function write(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

/** The problems without the folder's name. */
const said = (read: { ok: true } | { ok: false; problems: readonly Problem[] }): string[] =>
  read.ok ? [] : read.problems.map((problem) => formatProblem(problem).replaceAll(folder, ''))

const loaded = loadService(write('gonogo.yaml', serviceText))
if (!loaded.ok) throw new Error(said(loaded).join('\n'))
const service = loaded.value
const releaseOf = (name: string, text: string, moment: number | null = now) => {
  write(`releases/${name}.yaml`, text)
  return loadRelease(releases, name, { service, now: moment })
}

test('the checklist, a service and a release load', () => {
  expect(said(loadChecklist(join(folder, 'clawdbot.yaml')))).toEqual([])
  expect(said(releaseOf('v1.2.3', releaseText.replace('[ann]', '[bo]')))).toEqual([])
})

test('what only a comparison shows is named with file and line', () => {
  const text = serviceText
    .replace('1.3.6', '1.3.66')
    .replace('[security-lead]', '[security-lead, engineering-lead]')
  expect(said(loadService(write('crossed.yaml', text)))).toEqual([
    '/crossed.yaml:9:44: people.cy.roles: Cy holds security-lead and engineering-lead; one person has one voting role, give the other to someone else',
    '/crossed.yaml:13:3: checks["1.3.66"]: the checklist has no item 1.3.66; did you mean 1.3.6?',
  ])
})

test('a block with a schema of its own is checked at its place', () => {
  const blocks = (): Block[] => [{ path: ['checks', '1.3.6'], schema: z.strictObject({ host: z.string() }) }]
  expect(said(loadService(join(folder, 'gonogo.yaml'), blocks))).toEqual([
    '/gonogo.yaml:13:3: checks["1.3.6"].host: is missing; add it',
    '/gonogo.yaml:13:12: checks["1.3.6"].hosts: no such key; did you mean host?',
  ])
})

test('a service whose checklist is missing still loads; loading the checklist says what is missing', () => {
  const path = write('lost.yaml', serviceText.replace('clawdbot.yaml', 'none.yaml'))
  expect(said(loadService(path))).toEqual([])
  expect(said(loadChecklist(join(folder, 'none.yaml')))).toEqual([
    '/none.yaml: there is no such file; create it, or name another',
  ])
})

test('a release that does not exist is named with those that do, and its name is never taken for a path', () => {
  const missing = (version: string) => said(loadRelease(releases, version, { service, now }))
  write('releases/v1.2.3.yaml', releaseText)
  expect(missing('v1.2.4')).toEqual([
    '/releases: there is no release "v1.2.4" in this folder; did you mean v1.2.3?',
  ])
  expect(missing('../gonogo')).toEqual([
    expect.stringMatching(/^\/releases: there is no release "..\/gonogo"/),
  ])
  expect(said(loadRelease(join(folder, 'none'), 'v1', { service, now }))).toEqual([
    '/none: there is no release "v1" in this folder; write one there',
  ])
})

test('a release is held against its name, its service and the moment', () => {
  expect(
    said(releaseOf('v9.0.0', releaseText.replace('[ann]', '[an]'), Date.parse('2026-03-01T14:00:00Z'))),
  ).toEqual([
    '/releases/v9.0.0.yaml:2:1: version: this file is named v9.0.0.yaml and is about v1.2.3; make the two agree',
    '/releases/v9.0.0.yaml:7:42: window.end: the window of v1.2.3 ended at 2026-03-01T14:00:00.000Z; agree on a new one and write it here',
    '/releases/v9.0.0.yaml:11:11: authors[0]: an is not in the roster; did you mean ann?',
  ])
  expect(said(releaseOf('v1.2.3', releaseText))).toEqual([
    '/releases/v1.2.3.yaml:11:11: authors[0]: Ann is an author and cannot vote as deployment-lead, and nobody else can; name a backup for the role in the service file',
  ])
})
