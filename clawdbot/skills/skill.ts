import type { z } from 'zod'

/** A tool of a skill: what it takes, and what it does for a user. */
export interface SkillTool {
  name: string
  description: string
  input: z.ZodObject
  /** The words of a request that allow this tool; the policy of the agent matches them, not the model. */
  allowedBy: readonly string[]
  run(input: Record<string, unknown>, user: string): string
}

/** What a manifest says about a skill. */
export interface SkillManifest {
  schema: 1
  name: string
  version: string
  description: string
  tools: readonly string[]
  permissions: { network: boolean; database: readonly string[] }
  /** sha256 of the file that implements the skill. */
  digest: string
}

/** A skill: a manifest and the tools it declares. */
export interface Skill {
  manifest: SkillManifest
  tools: readonly SkillTool[]
}
