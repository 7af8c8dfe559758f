import { z } from 'zod'

/** Text that is to be kept. PostgreSQL keeps no NUL, so none is taken, whatever the database is. */
export const storedText = z
  .string()
  .refine((text) => !text.includes('\0'), 'must not hold the character NUL (U+0000)')
