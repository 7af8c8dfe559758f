import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { type CheckContext, CheckProblem } from '#checks/check.ts'
import { mustBeFresh, mustBeOfCommit, readReport } from '#checks/reading.ts'
import type { Scan } from '#connectors/finding.ts'
import { fileAt } from '#connectors/git/index.ts'
import { readGrype } from '#connectors/grype/index.ts'
import { readNpmAudit } from '#connectors/npm-audit/index.ts'
import { runNpmAudit } from '#connectors/npm-audit/run.ts'
import { readOsvScanner } from '#connectors/osv-scanner/index.ts'
import { sha256 } from '#core/json.ts'

export const scanSchema = z.union([
  z.strictObject({
    tool: z.enum(['npm-audit', 'osv-scanner', 'grype']),
    /** Its JSON; `FILE.provenance.json` beside it names the lockfile's digest. */
    file: z.string(),
  }),
  /** Asks the registry now, for the lockfile of the release commit. */
  z.strictObject({ tool: z.literal('npm-audit'), run: z.literal(true) }),
])

export type Lockfile = {
  readonly path: string
  readonly text: string
  readonly digest: string
  readonly manifest: string
}

/** The lockfile as it is in the release commit, with the manifest beside it. */
export async function readLockfile(ctx: CheckContext, path: string): Promise<Lockfile> {
  const repository = { folder: resolve(ctx.root, ctx.service.repository), signal: ctx.signal }
  const text = await fileAt(repository, ctx.release.commit, path)
  if (text === null)
    throw new CheckProblem(`${path}: is not in the release commit ${ctx.release.commit.slice(0, 12)}`)
  const manifest = await fileAt(
    repository,
    ctx.release.commit,
    join(dirname(path), 'package.json').replaceAll('\\', '/'),
  )
  return { path, text, digest: sha256(text), manifest: manifest ?? '{}' }
}

export type DependencyScan = { readonly scan: Scan; readonly source: string; readonly atMs: number }

/** A scan of exactly this lockfile, made with a database of weaknesses that is young enough. */
export async function readDependencyScan(
  ctx: CheckContext,
  config: z.infer<typeof scanSchema>,
  lockfile: Lockfile,
  maxAgeMs: number,
): Promise<DependencyScan> {
  if ('run' in config) {
    const text = await runNpmAudit({ lockfile: lockfile.text, manifest: lockfile.manifest }, ctx.signal)
    return {
      scan: readNpmAudit(text, 'npm audit'),
      source: `npm audit of ${lockfile.digest}`,
      atMs: ctx.now(),
    }
  }
  const file = await readReport(ctx, config.file)
  const scan = parse(config.tool, file.text, file.path, lockfile)
  const { provenance } = file
  if (provenance.lockfile === undefined)
    throw new CheckProblem(
      `${file.path}: does not say which lockfile it is about; put {"lockfile": "${lockfile.digest}"} in ${file.path}.provenance.json in the run that makes it`,
    )
  if (provenance.lockfile !== lockfile.digest)
    throw new CheckProblem(`${file.path}: is a scan of another ${lockfile.path} than the release's`)
  if (provenance.commit !== undefined) mustBeOfCommit(ctx, file.path, provenance.commit)
  const madeAtMs = scan.atMs ?? provenance.at ?? file.modifiedAtMs
  const atMs = Math.min(madeAtMs, scan.databaseAtMs ?? madeAtMs)
  mustBeFresh(ctx, scan.databaseAtMs === null ? file.path : `${file.path}: its database`, atMs, maxAgeMs)
  return { scan, source: `${file.path} ${file.digest}`, atMs }
}

function parse(
  tool: 'npm-audit' | 'osv-scanner' | 'grype',
  text: string,
  path: string,
  lockfile: Lockfile,
): Scan {
  if (tool === 'npm-audit') return readNpmAudit(text, path)
  return tool === 'grype' ? readGrype(text, path) : readOsvScanner(text, path, lockfile.path)
}
