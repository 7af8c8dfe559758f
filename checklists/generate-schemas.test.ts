import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { generateSchemas } from './generate-schemas.ts'

test.each(Object.entries(generateSchemas()))(
  '%s is current (node checklists/generate-schemas.ts)',
  (file, text) => {
    expect(JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'))).toEqual(JSON.parse(text))
  },
)
