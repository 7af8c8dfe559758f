import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { ALONE, FIRST, fileOf, OWN_ONLY } from './suite-files.ts'

const top = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url))
const missing = (names: readonly string[]): string[] => names.filter((name) => !existsSync(top(fileOf(name))))

test('every file that the cluster’s suite treats in its own way is there', () => {
  expect(missing([...FIRST, ...ALONE, ...OWN_ONLY])).toEqual([])
})

test('every file that CI names is there: one that is not would be left out without a word', () => {
  const named = /test:kubernetes -- (?<names>[a-z\- ]+)\\/.exec(readFileSync(top('.ci/run'), 'utf8'))?.groups
    ?.names
  const names = named?.trim().split(' ') ?? []
  expect(names.length).toBeGreaterThan(3)
  expect(missing(names)).toEqual([])
})
