import { readdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { z } from 'zod'
import { type Checklist, checklistSchema } from '#core/checklist.ts'
import { checkChecklist, checkService, type Finding } from '#core/consistency.ts'
import { checkRelease } from '#core/consistency-release.ts'
import { nearestOf } from '#core/nearest.ts'
import { type Release, releaseSchema } from '#core/release.ts'
import { type Service, serviceSchema } from '#core/service.ts'
import { inFileOrder, type KeyPath, type Problem } from './problem.ts'
import { checkBlock, type Read, readYamlFile } from './read-yaml-file.ts'

/** A part of the service file with a schema of its own: a check's block, a target's. */
export type Block = { readonly path: KeyPath; readonly schema: z.ZodType }

/** Reads a checklist and looks for ids that stand twice. */
export function loadChecklist(path: string): Read<Checklist> {
  return withFindings(readYamlFile(path, checklistSchema), checkChecklist)
}

/**
 * Reads a service file, its blocks by the schemas that `blocks` names, and looks for what cannot be. Item ids are compared
 * with the checklist that the file names; where that cannot be read, loading the checklist says why.
 */
export function loadService(
  path: string,
  blocks: (service: Service) => readonly Block[] = () => [],
): Read<Service> {
  const read = withFindings(readYamlFile(path, serviceSchema), (service) => {
    const checklist = loadChecklist(resolve(dirname(path), service.checklist))
    return checkService(service, checklist.ok ? checklist.value : null)
  })
  if (!read.ok) return read
  const problems = blocks(read.value).flatMap((block) => {
    const checked = checkBlock(read.source, block.path, block.schema)
    return checked.ok ? [] : checked.problems
  })
  return problems.length > 0 ? { ok: false, problems } : read
}

/** Reads `FOLDER/VERSION.yaml` and compares it with its service. `now` of null: its window may have ended. */
export function loadRelease(
  folder: string,
  version: string,
  { service, now }: { readonly service: Service; readonly now: number | null },
): Read<Release> {
  const known = versionsIn(folder)
  if (!known.includes(version)) return { ok: false, problems: [noSuchRelease(folder, version, known)] }
  return withFindings(readYamlFile(join(folder, `${version}.yaml`), releaseSchema), (release) => [
    ...otherVersion(release, version),
    ...checkRelease(release, service, now),
  ])
}

function otherVersion(release: Release, version: string): Finding[] {
  const message = `this file is named ${version}.yaml and is about ${release.version}; make the two agree`
  return release.version === version ? [] : [{ path: ['version'], code: 'release-version', message }]
}

function noSuchRelease(folder: string, version: string, known: readonly string[]): Problem {
  const nearest = nearestOf(version, known)
  const remedy =
    known.length === 0
      ? 'write one there'
      : nearest
        ? `did you mean ${nearest}?`
        : `there are ${known.join(', ')}`
  const message = `there is no release ${JSON.stringify(version)} in this folder; ${remedy}`
  return { code: 'release-missing', file: folder, line: null, column: null, key: '', message }
}

/** Versions by the names of their files: a name from outside is looked up here and never becomes a path by itself. */
function versionsIn(folder: string): string[] {
  try {
    return readdirSync(folder).flatMap((name) =>
      name.endsWith('.yaml') ? [name.slice(0, -'.yaml'.length)] : [],
    )
  } catch {
    // A folder that is missing or closed holds no releases, and the problem names it.
    return []
  }
}

function withFindings<T>(read: Read<T>, check: (value: T) => readonly Finding[]): Read<T> {
  if (!read.ok) return read
  const findings = check(read.value)
  if (findings.length === 0) return read
  const problems = findings.map(({ path, code, message }) => read.source.problemAt(path, code, message))
  return { ok: false, problems: inFileOrder(problems) }
}
