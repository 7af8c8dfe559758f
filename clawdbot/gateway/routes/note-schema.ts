import { z } from '@hono/zod-openapi'

/** A note as callers see it. */
export const note = z
  .object({
    id: z.uuid(),
    title: z.string(),
    text: z.string(),
    pinned: z.boolean(),
    createdAt: z.iso.datetime(),
  })
  .openapi('Note')

/** The path parameter that names a note. */
export const noteId = z.object({ id: z.uuid() })
