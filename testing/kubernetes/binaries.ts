import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from './commands.ts'
import { binary, CACHE, GATEWAY_API, KUBERNETES_VERSION, LEGO, MODULES, TRAEFIK_VERSION } from './places.ts'

const PARTS = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
]
/** Nothing may be looked up beside what go.mod and go.sum name. */
const GO_ENVIRONMENT = {
  CGO_ENABLED: '0',
  GOFLAGS: '-mod=mod -buildvcs=false',
  GOSUMDB: 'off',
  GOWORK: 'off',
}

type Build = {
  readonly name: string
  readonly module: string
  readonly target: string
  readonly ldflags: string
  /** A dependency that is built without what the module's folder has in its place; go.mod must replace it by `./folder`. */
  readonly trimmed?: { readonly dependency: string; readonly folder: string; readonly without: string }
}

const kubernetesFlags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
  .flatMap((path) => [
    `-X ${path}.gitVersion=v${KUBERNETES_VERSION}`,
    `-X ${path}.gitMajor=1`,
    `-X ${path}.gitMinor=${KUBERNETES_VERSION.split('.')[1]}`,
  ])
  .join(' ')

const BUILDS: readonly Build[] = [
  { name: `pause`, module: 'pause', target: '.', ldflags: '' },
  { name: `hyperkube-${KUBERNETES_VERSION}`, module: 'hyperkube', target: '.', ldflags: kubernetesFlags },
  {
    name: `traefik-${TRAEFIK_VERSION}`,
    module: 'traefik',
    target: 'github.com/traefik/traefik/v3/cmd/traefik',
    ldflags: `-X github.com/traefik/traefik/v3/pkg/version.Version=${TRAEFIK_VERSION}`,
    // The clients of 180 DNS providers, for certificates that nobody asks for here: a third of all packages.
    trimmed: { dependency: LEGO, folder: 'lego', without: 'providers/dns' },
  },
]

/** Builds what is not in the cache yet: minutes the first time, nothing afterwards. */
export async function buildBinaries(say: (line: string) => void): Promise<void> {
  mkdirSync(join(CACHE, 'bin'), { recursive: true })
  for (const build of BUILDS) {
    if (existsSync(binary(build.name))) continue
    say(`building ${build.name} (once; minutes)`)
    await buildOne(build)
  }
  for (const [link, name] of [
    ...PARTS.map((part) => [part, `hyperkube-${KUBERNETES_VERSION}`] as const),
    ['traefik', `traefik-${TRAEFIK_VERSION}`] as const,
  ]) {
    rmSync(binary(link), { force: true })
    symlinkSync(name, binary(link))
  }
}

async function buildOne({ name, module, target, ldflags, trimmed }: Build): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `gonogo-build-${module}-`))
  try {
    if (trimmed) {
      const source = await sourceOf(trimmed.dependency)
      const left = join(source, trimmed.without)
      cpSync(source, join(folder, trimmed.folder), { recursive: true, filter: (path) => path !== left })
    }
    cpSync(join(MODULES, module), folder, { recursive: true })
    const unfinished = `${binary(name)}.unfinished`
    await run('go', ['build', '-trimpath', '-ldflags', `-s -w ${ldflags}`, '-o', unfinished, target], {
      cwd: folder,
      env: GO_ENVIRONMENT,
    })
    renameSync(unfinished, binary(name))
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The folder of the Gateway API's resource definitions. */
export async function gatewayDefinitions(): Promise<string> {
  return join(await sourceOf(GATEWAY_API), 'config', 'crd', 'standard')
}

async function sourceOf(module: string): Promise<string> {
  const answer = await run('go', ['mod', 'download', '-json', module], {
    cwd: tmpdir(),
    env: GO_ENVIRONMENT,
  })
  return (JSON.parse(answer) as { Dir: string }).Dir
}
