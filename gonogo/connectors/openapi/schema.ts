import { z } from 'zod'

/** As much of an OpenAPI 3 document as comparing two of them needs to be sure of. */
export const openApiSchema = z.looseObject({
  openapi: z.string().regex(/^3\.[01]\.\d+/, 'OpenAPI 3.0 or 3.1'),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string().startsWith('/'), z.looseObject({})),
})

export type OpenApi = z.infer<typeof openApiSchema>
