import { readdirSync, readFileSync } from 'node:fs'
import { join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const IMPORT = /^\s*(?:import|export)\b[^'"]*?from\s+['"](?<path>#?[^'"]+)['"]/gm

/** Each folder of `gonogo/` with those it may import from; tests, drills and fixtures stand where they are used. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  analysis: ['core'],
  connectors: ['core'],
  store: ['core'],
  targets: ['core', 'connectors'],
  evidence: ['core', 'connectors', 'store'],
  checks: ['core', 'analysis', 'connectors', 'targets', 'evidence'],
  report: ['core', 'analysis', 'store', 'evidence'],
  engine: ['core', 'analysis', 'connectors', 'store', 'targets', 'evidence', 'checks', 'report'],
  cli: ['core', 'analysis', 'connectors', 'store', 'targets', 'evidence', 'checks', 'report', 'engine'],
}

const filesBelow = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.includes('node_modules'))
    .map((name) => join(folder, name))

const importsOf = (file: string): string[] =>
  [...readFileSync(join(ROOT, file), 'utf8').matchAll(IMPORT)].flatMap((match) => match.groups?.path ?? [])

/** Which folder of `gonogo/` an import leads to; null for a package. */
function folderOf(file: string, path: string): string | null {
  if (path.startsWith('#')) return path.slice(1).split('/')[0] ?? null
  if (!path.startsWith('.')) return null
  return relative(join(ROOT, 'gonogo'), join(ROOT, file, '..', path)).split(sep)[0] ?? null
}

const isTest = (file: string): boolean =>
  /\.(test|samples)\.ts$|test-[a-z]+\.ts$|\/(contract|fixture)\//.test(file)

test('the folders of gonogo import each other in one direction', () => {
  const wrong = Object.entries(MAY_IMPORT).flatMap(([folder, allowed]) => {
    const files = filesBelow(join('gonogo', folder)).filter((file) => !isTest(file))
    expect(files.length).toBeGreaterThan(0)
    return files.flatMap((file) =>
      importsOf(file)
        .filter((path) => {
          const to = folderOf(file, path)
          return to !== null && to !== folder && !allowed.includes(to)
        })
        .map((path) => `${file} imports ${path}`),
    )
  })
  expect(wrong).toEqual([])
})

test('every folder of gonogo is in that order', () => {
  const folders = readdirSync(join(ROOT, 'gonogo'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'node_modules')
    .map((entry) => entry.name)
  expect(folders.sort()).toEqual(Object.keys(MAY_IMPORT).sort())
})

test('what is pure reads no clock, no randomness and no system', () => {
  const impure = ['core', 'analysis'].flatMap((folder) =>
    filesBelow(join('gonogo', folder))
      .filter((file) => !isTest(file))
      .filter((file) =>
        /from 'node:(?!crypto|util)|Date\.now\(|new Date\(\)|Math\.random\(|process\./.test(
          readFileSync(join(ROOT, file), 'utf8'),
        ),
      ),
  )
  expect(impure).toEqual([])
})

test('ClawdBot knows nothing of gonogo, and is imported by none of it', () => {
  const crossing = [
    ...filesBelow('clawdbot').flatMap((file) => importsOf(file).filter((path) => /gonogo/.test(path))),
    ...filesBelow('gonogo').flatMap((file) => importsOf(file).filter((path) => /clawdbot/.test(path))),
  ]
  expect(crossing).toEqual([])
})
