import { z } from 'zod'
import type { Instance } from '#targets/target.ts'
import { type CheckContext, CheckProblem, type EnvironmentAccess } from '../check.ts'
import { releaseInstances } from './instances.ts'
import { jsonOf, probe } from './probe.ts'

/** Where the MCP server is, and where it tells which skills it runs; part of the configuration of every item about skills. */
export const skillsPlace = {
  component: z.string(),
  /** Another environment than the one deployed to. */
  environment: z.string().optional(),
  path: z.string().startsWith('/').default('/mcp'),
  /** Path of a JSON answer `{skills: [{name, version, permissions, tools}], refused?: [{name, reason}], sandbox?: {…}}`. */
  listing: z.string().startsWith('/').default('/skills'),
}

const permissions = z.record(z.string(), z.union([z.boolean(), z.array(z.string())]))

export type Permissions = z.output<typeof permissions>

const listingSchema = z.object({
  skills: z.array(
    z.object({
      name: z.string(),
      version: z.string(),
      description: z.string().default(''),
      permissions,
      tools: z.array(z.object({ name: z.string(), description: z.string().default('') })),
    }),
  ),
  refused: z.array(z.object({ name: z.string(), reason: z.string() })).default([]),
  sandbox: z.object({ available: z.boolean(), reason: z.string().optional() }).optional(),
})

export type SkillListing = z.output<typeof listingSchema>

export const environmentOf = (ctx: CheckContext, name: string | undefined): EnvironmentAccess =>
  name === undefined ? ctx.environment : ctx.environmentNamed(name)

/** The release's instance that serves the skills. */
export async function skillsInstance(
  ctx: CheckContext,
  { component, environment }: { readonly component: string; readonly environment?: string | undefined },
): Promise<Instance> {
  const [instance] = await releaseInstances(ctx, environmentOf(ctx, environment), component)
  return instance
}

/** What an instance says it runs; `problem` where something else answers there. Throws a CheckProblem where nothing does. */
export async function readListing(
  ctx: CheckContext,
  instance: Instance,
  path: string,
): Promise<
  | { readonly listing: SkillListing; readonly problem: null }
  | { readonly listing: null; readonly problem: string }
> {
  const answer = await probe(ctx.signal, instance.url, path)
  if (answer.status === 404)
    throw new CheckProblem(`${answer.asked}: there is nothing (404); declare listing: PATH`)
  const parsed = listingSchema.safeParse(jsonOf(answer))
  if (answer.status === 200 && parsed.success) return { listing: parsed.data, problem: null }
  return {
    listing: null,
    problem: `${path} answers ${answer.status} ${answer.mediaType}, not a list of skills`,
  }
}

/** Why a tool may be missing: there is no sandbox, or its skill was refused. Null when the server gives no reason. */
export async function reasonForAbsence(
  ctx: CheckContext,
  instance: Instance,
  path: string,
): Promise<string | null> {
  const { listing } = await readListing(ctx, instance, path).catch(() => ({ listing: null }))
  if (!listing) return null
  if (listing.sandbox?.available === false) return listing.sandbox.reason ?? 'there is no sandbox'
  const [refused] = listing.refused
  return refused ? `${refused.name} is refused: ${refused.reason}` : null
}

/** Permissions one by one, in words: `notes: database notes`, `fetch: network *`. Sorted. */
export const permissionsOf = (name: string, granted: Permissions): string[] =>
  Object.entries(granted)
    .flatMap(([what, value]) =>
      typeof value === 'boolean'
        ? value
          ? [`${name}: ${what}`]
          : []
        : value.map((one) => `${name}: ${what} ${one}`),
    )
    .sort()
