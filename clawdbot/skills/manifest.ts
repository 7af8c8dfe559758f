import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const name = z.string().regex(/^[a-z][a-z0-9-]{0,40}$/)

/** `manifest.schema.json` is this as JSON Schema, for authors and for whoever checks. */
export const manifestSchema = z.strictObject({
  schema: z.literal(2),
  name,
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  description: z.string().min(1).max(500),
  /** The file that is started. */
  entry: z
    .string()
    .regex(/^[a-z][\w-]*\.(ts|mjs)$/)
    .default('main.ts'),
  /** Agents use what is for agents; what is for operators they cannot even name. */
  audience: z.enum(['agents', 'operators']).default('agents'),
  tools: z
    .array(
      z.strictObject({
        name: z.string().regex(/^[a-z][a-z0-9_]{0,60}$/),
        description: z.string().min(1).max(1_000),
        /** The words of a request that allow this tool; the agent's policy matches them, not the model. */
        allowedBy: z.array(z.string().min(1)).default([]),
      }),
    )
    .min(1)
    .max(50),
  permissions: z.strictObject({
    /** Hosts (or origins) that may be fetched, `*` for every one that the operator allows; all through the host process. */
    network: z.array(z.string().min(1)),
    database: z.array(z.enum(['notes'])),
  }),
  /** sha256 of the skill's files. */
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
})

/** What a manifest says about a skill. */
export type SkillManifest = z.output<typeof manifestSchema>

/** A skill is not what its manifest says, or is not one; it does not run. The message says what and why. */
export class SkillError extends Error {
  override name = 'SkillError'
}

const MOST_FILES = 200
const MOST_BYTES = 4 * 1024 * 1024

/** @throws SkillError when there is no valid manifest, or the files are not those it was made for */
export function readManifest(folder: string): SkillManifest {
  const parsed = manifestSchema.safeParse(readJson(join(folder, 'manifest.json')))
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new SkillError(`manifest.json: ${issue?.path.join('.') || 'the document'}: ${issue?.message}`)
  }
  const found = digestOf(folder)
  if (found !== parsed.data.digest)
    throw new SkillError(`the files are not those the manifest was made for (digest ${found})`)
  return parsed.data
}

/**
 * The digest a manifest must carry: over the path and bytes of every file of the folder but the manifest.
 * @throws SkillError for links, and for more than a skill may hold
 */
export function digestOf(folder: string): string {
  const hash = createHash('sha256')
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  if (paths.length > MOST_FILES) throw new SkillError(`a skill has at most ${MOST_FILES} files`)
  let bytes = 0
  for (const path of paths) {
    const stat = lstatSync(join(folder, path))
    // A link would let a skill name files of the host as its own.
    if (!stat.isFile() && !stat.isDirectory()) throw new SkillError(`${path} is neither a file nor a folder`)
    if (stat.isDirectory() || path === 'manifest.json') continue
    bytes += stat.size
    if (bytes > MOST_BYTES) throw new SkillError(`a skill has at most ${MOST_BYTES} bytes`)
    hash.update(`${path}\0${stat.size}\0`).update(readFileSync(join(folder, path)))
  }
  return `sha256:${hash.digest('hex')}`
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new SkillError(`manifest.json: ${(error as Error).message}`)
  }
}
