import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { setPriority } from 'node:os'
import { join } from 'node:path'
import type { DemoVersion } from './repository.ts'

const LAST_IN_LINE = 19

export type Pipeline = {
  /** Folder of the repository whose tools are used, and of the demo. */
  readonly root: string
  readonly demo: string
  readonly version: DemoVersion
  readonly commit: string
  /** Takes only what nothing else on the machine wants of its processors. */
  readonly inBackground?: boolean
  /** Ends it. */
  readonly stop?: AbortSignal
}

/** What the demo's CI does for one version, with the real tools: type check, lint, tests. Reports go where checks read. */
export async function runPipeline(pipeline: Pipeline): Promise<void> {
  const { root, demo, version, commit } = pipeline
  const out = join(demo, 'evidence', version)
  const artifact = join(demo, 'artifacts', version)
  await mkdir(out, { recursive: true })
  const [types, lint] = await Promise.all([
    timed(pipeline, 'tsc', [...TSC, '--rootDir', artifact, join(artifact, 'gateway/main.ts')]),
    timed(pipeline, 'biome', [
      ...['lint', '--reporter=sarif', `--config-path=${root}`, '--vcs-use-ignore-file=false', '.'],
    ]),
  ])
  await writeFile(join(out, 'build.ctrf.json'), ctrf('tsc', 'type check', commit, types))
  await writeFile(join(out, 'lint.ctrf.json'), ctrf('biome', 'lint', commit, lint))
  await writeFile(join(out, 'lint.sarif'), withRevision(lint.stdout, commit))
  await runTests(pipeline, 'integration', ['integration'])
  await runUnitTests(pipeline)
}

/** The unit tests and the lines they cover, which is all that a version needs to be compared with. */
export async function runUnitTests(pipeline: Pipeline): Promise<void> {
  const { demo, version } = pipeline
  const coverage = join(demo, 'evidence', version, 'coverage')
  await runTests(pipeline, 'unit', [
    '--exclude=**/*.integration.test.ts',
    '--coverage.enabled',
    '--coverage.reportOnFailure',
    '--coverage.reporter=lcovonly',
    `--coverage.reportsDirectory=${coverage}`,
  ])
  await writeProvenance(join(coverage, 'lcov.info'), pipeline)
}

async function runTests(
  pipeline: Pipeline,
  kind: 'unit' | 'integration',
  args: readonly string[],
): Promise<void> {
  const { demo, version } = pipeline
  const file = join(demo, 'evidence', version, `${kind}.xml`)
  const artifact = join(demo, 'artifacts', version)
  const reporter = ['--reporter=junit', `--outputFile=${file}`]
  await timed(pipeline, 'vitest', ['run', '--root', artifact, ...reporter, ...args])
  await writeProvenance(file, pipeline)
}

function writeProvenance(report: string, { version, commit }: Pipeline): Promise<void> {
  const provenance = { commit, at: new Date().toISOString(), run: `demo-${version}` }
  return writeFile(`${report}.provenance.json`, JSON.stringify(provenance))
}

const TSC = [
  '--noEmit',
  '--ignoreConfig',
  '--module',
  'nodenext',
  '--target',
  'esnext',
  '--strict',
  '--skipLibCheck',
  '--types',
  'node',
  '--allowImportingTsExtensions',
  '--erasableSyntaxOnly',
  '--verbatimModuleSyntax',
  '--resolveJsonModule',
]

type Timed = {
  readonly ok: boolean
  readonly stdout: string
  readonly startMs: number
  readonly endMs: number
}

/** One of the repository's tools, run in the version's folder. Throws when it was ended before its end. */
function timed(
  { root, demo, version, inBackground = false, stop }: Pipeline,
  tool: string,
  args: readonly string[],
): Promise<Timed> {
  const startMs = Date.now()
  const program = join(root, 'node_modules', '.bin', tool)
  const env = { ...process.env, NODE_OPTIONS: '', CI: 'true' }
  const cwd = join(demo, 'artifacts', version)
  return new Promise((resolve, reject) => {
    const child = execFile(
      process.execPath,
      [program, ...args],
      { cwd, env, maxBuffer: 64 * 1024 * 1024, timeout: 300_000, ...(stop ? { signal: stop } : {}) },
      (error, stdout) =>
        stop?.aborted ? reject(stop.reason) : resolve({ ok: !error, stdout, startMs, endMs: Date.now() }),
    )
    if (inBackground && child.pid !== undefined) setPriority(child.pid, LAST_IN_LINE)
  })
}

/** A Common Test Report of one step, its status the tool's own exit code. */
function ctrf(tool: string, name: string, commit: string, { ok, startMs, endMs }: Timed): string {
  const status = ok ? 'passed' : 'failed'
  const summary = {
    tests: 1,
    passed: ok ? 1 : 0,
    failed: ok ? 0 : 1,
    pending: 0,
    skipped: 0,
    other: 0,
    start: startMs,
    stop: endMs,
  }
  return JSON.stringify({
    reportFormat: 'CTRF',
    specVersion: '0.0.0',
    results: {
      tool: { name: tool },
      summary,
      tests: [{ name, status, duration: endMs - startMs }],
      environment: { commit },
    },
  })
}

/** The linter does not know the commit it looked at; the pipeline does. */
function withRevision(text: string, commit: string): string {
  const sarif = JSON.parse(text) as { runs: Record<string, unknown>[] }
  const at = new Date().toISOString()
  for (const run of sarif.runs) {
    run.versionControlProvenance = [
      { repositoryUri: 'https://git.clawdbot.internal/clawdbot', revisionId: commit },
    ]
    run.invocations = [{ executionSuccessful: true, endTimeUtc: at }]
  }
  return JSON.stringify(sarif)
}
