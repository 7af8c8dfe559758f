import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { run } from './commands.ts'
import {
  binary,
  CACHE,
  COREDNS_VERSION,
  GATEWAY_API,
  KUBERNETES_VERSION,
  MODULES,
  TRAEFIK_VERSION,
} from './places.ts'

const PARTS = [
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'kubelet',
  'kube-proxy',
  'kubectl',
]
const SUMS = join(MODULES, 'cluster', 'go.sum')
/** Nothing may be looked up beside what go.mod and go.sum name. */
const GO_ENVIRONMENT = {
  CGO_ENABLED: '0',
  GOFLAGS: '-mod=readonly -buildvcs=false',
  GOSUMDB: 'off',
  GOWORK: 'off',
}

type Build = {
  readonly module: string
  /** What is built, and the name that it has in the cache. */
  readonly targets: Readonly<Record<string, string>>
  readonly ldflags?: string
  readonly changed?: readonly Changed[]
}

/** A dependency that is built without one of its folders, and with what the module has of it; go.mod replaces it by `./folder`. */
type Changed = { readonly dependency: string; readonly folder: string; readonly without?: string }

const HYPERKUBE = `hyperkube-${KUBERNETES_VERSION}`
const TRAEFIK = `traefik-${TRAEFIK_VERSION}`
const COREDNS = `coredns-${COREDNS_VERSION}`

const kubernetesFlags = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'].flatMap((path) => [
  `-X ${path}.gitVersion=v${KUBERNETES_VERSION}`,
  `-X ${path}.gitMajor=1`,
  `-X ${path}.gitMinor=${KUBERNETES_VERSION.split('.')[1]}`,
])

const BUILDS: readonly Build[] = [
  { module: 'pause', targets: { '.': 'pause' } },
  {
    // In one: half of what any needs another needs as well.
    module: 'cluster',
    targets: {
      './hyperkube': HYPERKUBE,
      './coredns': COREDNS,
      'github.com/traefik/traefik/v3/cmd/traefik': TRAEFIK,
    },
    ldflags: [
      ...kubernetesFlags,
      `-X github.com/traefik/traefik/v3/pkg/version.Version=${TRAEFIK_VERSION}`,
    ].join(' '),
    changed: [
      { dependency: 'k8s.io/client-go@v0.34.4', folder: 'client-go' },
      {
        dependency: `github.com/traefik/traefik/v3@v${TRAEFIK_VERSION}`,
        folder: 'traefik',
        without: 'pkg/provider/ecs',
      },
      // The clients of 180 DNS providers, for certificates that nobody asks for here.
      { dependency: 'github.com/go-acme/lego/v5@v5.2.2', folder: 'lego', without: 'providers/dns' },
      { dependency: 'github.com/traefik/yaegi@v0.16.1', folder: 'yaegi', without: 'stdlib' },
    ],
  },
]

/** Builds what is not in the cache yet: minutes the first time, nothing afterwards. */
export async function buildBinaries(say: (line: string) => void): Promise<void> {
  mkdirSync(join(CACHE, 'bin'), { recursive: true })
  for (const build of BUILDS) {
    const names = Object.values(build.targets)
    if (names.every((name) => existsSync(binary(name)))) continue
    say(`building ${names.join(', ')} (once; minutes)`)
    await buildOne(build)
  }
  for (const [link, name] of [
    ...PARTS.map((part) => [part, HYPERKUBE] as const),
    ['traefik', TRAEFIK] as const,
    ['coredns', COREDNS] as const,
  ]) {
    rmSync(binary(link), { force: true })
    symlinkSync(name, binary(link))
  }
}

async function buildOne({ module, targets, ldflags = '', changed = [] }: Build): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `gonogo-build-${module}-`))
  try {
    for (const { dependency, folder: copy, without } of changed) {
      const source = await sourceOf(dependency)
      const left = without && join(source, without)
      cpSync(source, join(folder, copy), { recursive: true, filter: (path) => path !== left })
    }
    cpSync(join(MODULES, module), folder, { recursive: true })
    const built = join(CACHE, 'bin', `${module}.unfinished`)
    mkdirSync(built, { recursive: true })
    const flags = ['-trimpath', '-gcflags=all=-dwarf=false', '-ldflags', `-s -w ${ldflags}`]
    await run('go', ['build', ...flags, '-o', `${built}/`, ...Object.keys(targets)], {
      cwd: folder,
      env: GO_ENVIRONMENT,
    })
    for (const [target, name] of Object.entries(targets))
      renameSync(join(built, target === '.' ? module : basename(target)), binary(name))
    rmSync(built, { recursive: true })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** The folder of the Gateway API's resource definitions. */
export async function gatewayDefinitions(): Promise<string> {
  return join(await sourceOf(GATEWAY_API), 'config', 'crd', 'standard')
}

/** Where a module is, whose content go.sum has. */
async function sourceOf(module: string): Promise<string> {
  const answer = await run('go', ['mod', 'download', '-json', module], {
    cwd: tmpdir(),
    env: GO_ENVIRONMENT,
  })
  const { Dir, Sum } = JSON.parse(answer) as { Dir: string; Sum: string }
  const line = `${module.replace('@', ' ')} ${Sum}`
  if (!readFileSync(SUMS, 'utf8').split('\n').includes(line))
    throw new Error(`${module} is not what ${SUMS} has: ${Sum}`)
  return Dir
}
