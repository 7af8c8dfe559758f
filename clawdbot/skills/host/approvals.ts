import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { z } from 'zod'
import type { SkillManifest } from '../manifest.ts'
import type { ServedTool } from './skill-process.ts'

const fileSchema = z.strictObject({ schema: z.literal(1), approved: z.record(z.string(), z.string()) })

/** What a skill may show and do, as it was approved: name → surface. Survives the skill's removal, so that nothing comes back changed. */
export interface Approvals {
  of(skill: string): string | undefined
  record(skill: string, surface: string): void
}

/** Kept in a file that people change, too; without one, for as long as the process runs. */
export function openApprovals(file: string | undefined): Approvals {
  const memory: Record<string, string> = {}
  const read = () => (file === undefined ? memory : readApprovals(file))
  return {
    of: (skill) => read()[skill],
    record: (skill, surface) => {
      if (file === undefined) memory[skill] = surface
      else writeApproval(file, skill, surface)
    },
  }
}

/** Notes in the file that a skill may be as it is now. */
export function writeApproval(file: string, skill: string, surface: string): void {
  const approved = { ...readApprovals(file), [skill]: surface }
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(`${file}.${process.pid}`, `${JSON.stringify({ schema: 1, approved }, null, 2)}\n`)
  renameSync(`${file}.${process.pid}`, file)
}

function readApprovals(file: string): Record<string, string> {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))).approved
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {}
    throw new Error(`${file}: ${(error as Error).message.split('\n')[0]}`)
  }
}

/** The digest of everything about a skill that a model reads or that lets it reach something. */
export function surfaceOf(
  { description, audience, permissions, tools }: SkillManifest,
  served: readonly ServedTool[],
): string {
  const allowedBy = Object.fromEntries(tools.map((tool) => [tool.name, tool.allowedBy]))
  const surface = { description, audience, permissions, allowedBy, served }
  return `sha256:${createHash('sha256').update(JSON.stringify(surface)).digest('hex')}`
}
