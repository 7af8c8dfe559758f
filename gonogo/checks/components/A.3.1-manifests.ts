import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { openMcp } from '../live/mcp-session.ts'
import {
  permissionsOf,
  readListing,
  type SkillListing,
  skillsInstance,
  skillsPlace,
} from '../live/skill-listing.ts'

const config = z.strictObject({
  ...skillsPlace,
  /** The manifests of all skills that the path serves, in the release's artifact. */
  manifests: z.array(z.string()).min(1),
  /** JSON Schema (2020-12) of a manifest, in the artifact. */
  schema: z.string(),
})

export type ManifestConfig = z.output<typeof config>

const manifestShape = z.object({
  name: z.string(),
  version: z.string(),
  tools: z.array(z.object({ name: z.string(), description: z.string() })).min(1),
  permissions: z.record(z.string(), z.union([z.boolean(), z.array(z.string())])),
})

type Manifest = z.output<typeof manifestShape>

export const check = defineCheck<ManifestConfig>({
  id: 'A.3.1',
  title: 'Skill manifest validated',
  config,
  limitMs: 30_000,
  run,
})

/** Each manifest is valid, and the new instance serves exactly what they declare: skills, versions, permissions, tools. */
async function run(ctx: CheckContext, config: ManifestConfig): Promise<CheckResult> {
  const instance = await skillsInstance(ctx, config)
  const source = `${config.manifests.join(', ')}; ${config.listing} and ${config.path} at ${instance.url}`
  const read = readManifests(ctx, config)
  if ('problem' in read) return fail(read.problem, { claim: { problem: read.problem }, source })
  const { listing, problem } = await readListing(ctx, instance, config.listing)
  if (listing === null) return fail(problem, { claim: { problem }, source })
  const opened = await openMcp(ctx, instance, config.path)
  if (opened.session === null) return fail(opened.problem, { claim: { problem: opened.problem }, source })
  const { described } = opened.session
  await opened.session.close()
  const problems = [...listingProblems(read.manifests, listing), ...toolProblems(read.manifests, described)]
  const rest = {
    claim: { skills: read.manifests.map(({ name, version }) => `${name} ${version}`), problems },
    source,
    population: `${read.manifests.length} manifests, ${described.length} tools`,
  }
  const [first] = problems
  if (first) return fail(first, rest)
  return pass(
    `${read.manifests.length} manifests are valid; their ${described.length} tools and permissions are what is served`,
    rest,
  )
}

function readManifests(
  ctx: CheckContext,
  { manifests, schema }: ManifestConfig,
): { readonly manifests: readonly Manifest[] } | { readonly problem: string } {
  const validate = compiled(readJson(ctx, schema), schema)
  const read: Manifest[] = []
  for (const file of manifests) {
    const document = readJson(ctx, file)
    if (!validate(document)) {
      const [error] = validate.errors ?? []
      return {
        problem: `${file}: ${error?.instancePath || 'the document'} ${error?.message ?? 'is not valid'}`,
      }
    }
    const parsed = manifestShape.safeParse(document)
    if (!parsed.success) return { problem: `${file}: names no tools with descriptions and no permissions` }
    read.push(parsed.data)
  }
  return { manifests: read }
}

function compiled(schema: unknown, file: string) {
  // A schema that allows everything has looked at nothing.
  if (typeof schema !== 'object' || schema === null || !('required' in schema))
    throw new CheckProblem(`${file}: requires nothing, so that every document is valid by it`)
  try {
    return new Ajv2020({ strict: false, logger: false }).compile(schema)
  } catch (error) {
    throw new CheckProblem(`${file}: is no JSON Schema: ${(error as Error).message}`)
  }
}

function readJson(ctx: CheckContext, file: string): unknown {
  try {
    return JSON.parse(readFileSync(resolve(ctx.root, ctx.release.artifact, file), 'utf8'))
  } catch (error) {
    throw new CheckProblem(`${file}: cannot be read from the artifact: ${(error as Error).message}`)
  }
}

function listingProblems(manifests: readonly Manifest[], { skills, refused }: SkillListing): string[] {
  const declared = new Map(manifests.map((one) => [one.name, one]))
  return manifests
    .flatMap((manifest) => {
      const served = skills.find(({ name }) => name === manifest.name)
      const why = refused.find(({ name }) => name === manifest.name)?.reason
      if (!served) return [`${manifest.name} is declared and not served${why ? `: ${why}` : ''}`]
      if (served.version !== manifest.version)
        return [`${manifest.name} is declared as ${manifest.version} and served as ${served.version}`]
      const [wanted, granted] = [
        permissionsOf(manifest.name, manifest.permissions),
        permissionsOf(served.name, served.permissions),
      ]
      const more = granted.find((one) => !wanted.includes(one))
      const less = wanted.find((one) => !granted.includes(one))
      if (more) return [`${more} is granted and not declared`]
      return less ? [`${less} is declared and not granted`] : []
    })
    .concat(
      skills
        .filter(({ name }) => !declared.has(name))
        .map(({ name }) => `${name} is served and has no manifest`),
    )
}

function toolProblems(
  manifests: readonly Manifest[],
  served: readonly { readonly name: string; readonly description: string }[],
): string[] {
  const declared = manifests.flatMap(({ tools }) => tools)
  const twice = declared.find((one, i) => declared.findIndex(({ name }) => name === one.name) !== i)
  if (twice) return [`${twice.name} is declared twice`]
  const different = declared.flatMap(({ name, description }) => {
    const found = served.find((one) => one.name === name)
    if (!found) return [`${name} is declared and not served`]
    return found.description === description ? [] : [`${name} is described otherwise than declared`]
  })
  const undeclared = served.filter(({ name }) => !declared.some((one) => one.name === name))
  return [...different, ...undeclared.map(({ name }) => `${name} is served and not declared`)]
}
