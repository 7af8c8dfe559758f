import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { checklistSchema } from '../gonogo/core/checklist.ts'
import { releaseSchema } from '../gonogo/core/release.ts'
import { serviceSchema } from '../gonogo/core/service.ts'

const SCHEMAS = {
  'checklist.schema.json': { title: 'Checklist of gonogo', schema: checklistSchema },
  'service.schema.json': {
    title: 'gonogo.yaml: how a service is deployed, and by whom',
    schema: serviceSchema,
  },
  'release.schema.json': { title: 'Release of a service: what is deployed', schema: releaseSchema },
} as const

/** File name → text of the JSON Schema of what a person writes, so that editors complete and check the YAML files. */
export function generateSchemas(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(SCHEMAS).map(([file, { title, schema }]) => {
      const { $schema, ...rest } = z.toJSONSchema(schema, { io: 'input' })
      return [file, `${JSON.stringify({ $schema, title, ...rest }, null, 2)}\n`]
    }),
  )
}

if (import.meta.main) {
  for (const [file, text] of Object.entries(generateSchemas()))
    writeFileSync(fileURLToPath(new URL(file, import.meta.url)), text)
}
