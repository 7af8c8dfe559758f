import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DemoVersion } from './repository.ts'

/** What the demo's CI does for one version, with the real tools: type check, lint, tests. Reports go where checks read. */
export async function runPipeline(
  root: string,
  demo: string,
  version: DemoVersion,
  commit: string,
): Promise<void> {
  const out = join(demo, 'evidence', version)
  const artifact = join(demo, 'artifacts', version)
  await mkdir(out, { recursive: true })
  const bin = (name: string) => join(root, 'node_modules', '.bin', name)
  const [types, lint] = await Promise.all([
    timed(bin('tsc'), [...TSC, '--rootDir', artifact, join(artifact, 'gateway/main.ts')], artifact),
    timed(
      bin('biome'),
      ['lint', '--reporter=sarif', `--config-path=${root}`, '--vcs-use-ignore-file=false', '.'],
      artifact,
    ),
  ])
  await writeFile(join(out, 'build.ctrf.json'), ctrf('tsc', 'type check', commit, types))
  await writeFile(join(out, 'lint.ctrf.json'), ctrf('biome', 'lint', commit, lint))
  await writeFile(join(out, 'lint.sarif'), withRevision(lint.stdout, commit))
  await runTests(root, demo, version, commit, 'integration', ['integration'])
  await runUnitTests(root, demo, version, commit)
}

/** The unit tests and the lines they cover, which is all that a version needs to be compared with. */
export async function runUnitTests(
  root: string,
  demo: string,
  version: DemoVersion,
  commit: string,
): Promise<void> {
  const coverage = join(demo, 'evidence', version, 'coverage')
  await runTests(root, demo, version, commit, 'unit', [
    '--exclude=**/*.integration.test.ts',
    '--coverage.enabled',
    '--coverage.reportOnFailure',
    '--coverage.reporter=lcovonly',
    `--coverage.reportsDirectory=${coverage}`,
  ])
  await writeProvenance(join(coverage, 'lcov.info'), version, commit)
}

async function runTests(
  root: string,
  demo: string,
  version: DemoVersion,
  commit: string,
  kind: 'unit' | 'integration',
  args: readonly string[],
): Promise<void> {
  const file = join(demo, 'evidence', version, `${kind}.xml`)
  const artifact = join(demo, 'artifacts', version)
  const vitest = join(root, 'node_modules', '.bin', 'vitest')
  const reporter = ['--reporter=junit', `--outputFile=${file}`]
  await timed(vitest, ['run', '--root', artifact, ...reporter, ...args], artifact)
  await writeProvenance(file, version, commit)
}

function writeProvenance(report: string, version: DemoVersion, commit: string): Promise<void> {
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

function timed(program: string, args: readonly string[], cwd: string): Promise<Timed> {
  const startMs = Date.now()
  const env = { ...process.env, NODE_OPTIONS: '', CI: 'true' }
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { cwd, env, maxBuffer: 64 * 1024 * 1024, timeout: 300_000 },
      (error, stdout) => resolve({ ok: !error, stdout, startMs, endMs: Date.now() }),
    )
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
