import { z } from 'zod'
import type { KeyPath } from './problem.ts'

type JsonSchema = {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, JsonSchema>>
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly additionalProperties?: JsonSchema | boolean
  readonly items?: JsonSchema | boolean
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
  readonly allOf?: readonly JsonSchema[]
}

/** The keys that a schema knows at a place of the document, for "did you mean". */
export function knownKeys(schema: z.ZodType, path: KeyPath): string[] {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema
  let here = branches(root, root)
  for (const key of path)
    here = here.flatMap((part) => below(part, key)).flatMap((part) => branches(part, root))
  return [...new Set(here.flatMap((part) => Object.keys(part.properties ?? {})))]
}

function below(part: JsonSchema, key: string | number): JsonSchema[] {
  const next = typeof key === 'number' ? part.items : (part.properties?.[key] ?? part.additionalProperties)
  return typeof next === 'object' ? [next] : []
}

/** The schema and all that it refers to or chooses among at the same place. */
function branches(part: JsonSchema, root: JsonSchema): JsonSchema[] {
  const referred = part.$ref === '#' ? root : root.$defs?.[part.$ref?.replace('#/$defs/', '') ?? '']
  const among = [
    ...(part.anyOf ?? []),
    ...(part.oneOf ?? []),
    ...(part.allOf ?? []),
    ...(referred ? [referred] : []),
  ]
  return [part, ...among.flatMap((other) => (other === part ? [] : branches(other, root)))]
}
