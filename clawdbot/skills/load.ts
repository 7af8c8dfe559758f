import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import type { NoteStore } from '../database/notes.ts'
import { notesTools } from './notes/tools.ts'
import type { Skill, SkillManifest, SkillTool } from './skill.ts'
import { textTools } from './text/tools.ts'

const manifest = z.strictObject({
  schema: z.literal(1),
  name: z.string().regex(/^[a-z][a-z0-9-]*$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  description: z.string().min(1),
  tools: z.array(z.string()).min(1),
  permissions: z.strictObject({ network: z.boolean(), database: z.array(z.string()) }),
  digest: z.string().regex(/^sha256:[0-9a-f]{64}$/),
})

/** A skill is not what its manifest says; the server does not start with it. */
export class SkillError extends Error {
  override name = 'SkillError'
}

/** Loads every skill and holds it against its manifest. */
export function loadSkills(notes: () => NoteStore, folder: string = import.meta.dirname): Skill[] {
  return [loadSkill(join(folder, 'notes'), notesTools(notes)), loadSkill(join(folder, 'text'), textTools)]
}

/** The digest a manifest must carry. */
export function digestOf(file: string): string {
  return `sha256:${createHash('sha256').update(readFileSync(file)).digest('hex')}`
}

function loadSkill(folder: string, tools: readonly SkillTool[]): Skill {
  const parsed = readManifest(join(folder, 'manifest.json'))
  if (digestOf(join(folder, 'tools.ts')) !== parsed.digest) {
    throw new SkillError(`skill ${parsed.name}: tools.ts is not the file its manifest was made for (digest)`)
  }
  const names = tools.map((tool) => tool.name)
  if (names.join() !== parsed.tools.join()) {
    throw new SkillError(`skill ${parsed.name}: the manifest declares ${parsed.tools}, the code has ${names}`)
  }
  return { manifest: parsed, tools }
}

function readManifest(file: string): SkillManifest {
  return manifest.parse(JSON.parse(readFileSync(file, 'utf8')))
}
