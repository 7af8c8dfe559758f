import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../testing/kubernetes/commands.ts'

/** Outside the tree: a rival is no dependency of what it is compared with. */
const CACHE = process.env.GONOGO_BENCH_CACHE ?? join(homedir(), '.cache', 'gonogo-bench')
const GO_ENVIRONMENT = {
  CGO_ENABLED: '0',
  GOFLAGS: '-buildvcs=false -modcacherw',
  GOSUMDB: 'off',
  GOWORK: 'off',
}

export type Rival = { readonly name: string; readonly module: string; readonly main: string }
export type BuiltRival = {
  readonly binary: string
  /** Its sources, where its resource definitions are. */
  readonly folder: string
}

/** Builds the controller in its own module, whose replaces it needs: minutes the first time, nothing afterwards. */
export async function buildRival(
  { name, module, main }: Rival,
  say: (line: string) => void,
): Promise<BuiltRival> {
  const folder = await sourcesOf(module)
  const binary = join(CACHE, `${name}-${module.split('@')[1]}`)
  if (existsSync(binary)) return { binary, folder }
  say(`building ${name} (once; minutes)`)
  mkdirSync(CACHE, { recursive: true })
  const place = mkdtempSync(join(tmpdir(), `gonogo-build-${name}-`))
  try {
    cpSync(folder, place, { recursive: true })
    await run('chmod', ['-R', 'u+w', place])
    const unfinished = `${binary}.unfinished`
    await run('go', ['build', '-trimpath', '-ldflags', '-s -w', '-o', unfinished, main], {
      cwd: place,
      env: GO_ENVIRONMENT,
    })
    renameSync(unfinished, binary)
  } finally {
    rmSync(place, { recursive: true, force: true })
  }
  return { binary, folder }
}

async function sourcesOf(module: string): Promise<string> {
  const answer = await run('go', ['mod', 'download', '-json', module], { cwd: tmpdir(), env: GO_ENVIRONMENT })
  return (JSON.parse(answer) as { Dir: string }).Dir
}
