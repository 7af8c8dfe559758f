import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import type { DatabaseContent } from '#connectors/sqlite-database/index.ts'
import { sha256 } from '#core/json.ts'
import { type CheckContext, CheckProblem } from '../check.ts'

const recordSchema = z.strictObject({
  backup: z.literal(1),
  service: z.string(),
  environment: z.string(),
  deployment: z.string(),
  /** The database that it was taken of. */
  database: z.string(),
  file: z.string(),
  digest: z.string(),
  bytes: z.number().int().positive(),
  takenAtMs: z.number(),
  schemaVersion: z.number().int().nonnegative(),
  content: z.strictObject({
    integrity: z.string(),
    schema: z.array(z.string()),
    tables: z.array(z.strictObject({ name: z.string(), rows: z.number(), checksum: z.string() })),
  }),
})

/** What is known of a backup; lies beside it as `NAME.json`. */
export type BackupRecord = z.infer<typeof recordSchema> & { readonly content: DatabaseContent }

export const backupFolder = (ctx: CheckContext, folder: string): string => resolve(ctx.root, folder)

export const backupFile = (ctx: CheckContext, folder: string): string =>
  join(backupFolder(ctx, folder), `${ctx.service.service}-${ctx.environment.name}-${ctx.deploymentId}.sqlite`)

/** The digest of a file's bytes, as `sha256:…`. */
export async function digestOfFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return `sha256:${hash.digest('hex')}`
}

/**
 * The backup that 2.1.1 took in this deployment, unchanged since: its record is the one that stands in the log, and its
 * bytes have the digest of the record. Throws a CheckProblem where that does not hold.
 */
export async function takenBackup(ctx: CheckContext, folder: string): Promise<BackupRecord> {
  const taken = ctx.resultOf('2.1.1')
  if (taken?.verdict !== 'pass')
    throw new CheckProblem(`2.1.1 has no good backup yet: ${taken?.summary ?? 'it has not run'}`)
  const path = `${backupFile(ctx, folder)}.json`
  const text = await readFile(path, 'utf8').catch(() => {
    throw new CheckProblem(`${path}: the backup’s record is gone`)
  })
  if (!taken.evidence.some(({ digest }) => digest === sha256(text)))
    throw new CheckProblem(`${path}: is not the record that 2.1.1 left in the log`)
  const parsed = recordSchema.safeParse(JSON.parse(text))
  if (!parsed.success) throw new CheckProblem(`${path}: ${parsed.error.issues[0]?.message}`)
  return parsed.data
}
