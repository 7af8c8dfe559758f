import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './commands.ts'
import { API_PORT, API_SERVICE, binary, inHome, kubeconfig, NODE_ADDRESS, NODE_NAME } from './places.ts'

const DAYS = '365'
const USERS = {
  admin: '/O=system:masters/CN=admin',
  'controller-manager': '/CN=system:kube-controller-manager',
  scheduler: '/CN=system:kube-scheduler',
  kubelet: `/O=system:nodes/CN=system:node:${NODE_NAME}`,
  proxy: '/CN=system:kube-proxy',
} as const
const NAMES = [
  ...['localhost', 'kubernetes', 'kubernetes.default', 'kubernetes.default.svc', NODE_NAME].map(
    (n) => `DNS:${n}`,
  ),
  ...['127.0.0.1', API_SERVICE, NODE_ADDRESS].map((ip) => `IP:${ip}`),
]

export const pki = (name: string): string => inHome('pki', name)

/** An authority, a certificate for each part, and a kubeconfig for each user of the API; once. */
export async function makeCredentials(): Promise<void> {
  if (existsSync(kubeconfig('proxy'))) return
  mkdirSync(inHome('pki'), { recursive: true, mode: 0o700 })
  await openssl(['genrsa', '-out', pki('accounts.key'), '2048'])
  await openssl(['rsa', '-in', pki('accounts.key'), '-pubout', '-out', pki('accounts.pub')])
  const authority = [
    '-keyout',
    pki('ca.key'),
    '-out',
    pki('ca.crt'),
    '-days',
    DAYS,
    '-subj',
    '/CN=gonogo-test-cluster',
  ]
  await openssl(['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...authority])
  await certify('server', '/CN=kube-apiserver')
  for (const [user, subject] of Object.entries(USERS)) {
    await certify(user, subject)
    await writeKubeconfig(user)
  }
}

async function certify(name: string, subject: string): Promise<void> {
  const extensions = pki(`${name}.ext`)
  writeFileSync(extensions, `subjectAltName=${NAMES.join(',')}\n`)
  const request = ['-keyout', pki(`${name}.key`), '-out', pki(`${name}.csr`), '-subj', subject]
  await openssl(['req', '-newkey', 'rsa:2048', '-nodes', ...request])
  const signing = ['-CA', pki('ca.crt'), '-CAkey', pki('ca.key'), '-CAcreateserial', '-extfile', extensions]
  await openssl([
    'x509',
    '-req',
    '-in',
    pki(`${name}.csr`),
    '-out',
    pki(`${name}.crt`),
    '-days',
    DAYS,
    ...signing,
  ])
}

async function writeKubeconfig(user: string): Promise<void> {
  const config = (...args: string[]) =>
    run(join(binary('kubectl')), ['config', ...args, '--kubeconfig', kubeconfig(user)])
  const authority = ['--certificate-authority', pki('ca.crt'), '--embed-certs']
  await config('set-cluster', 'test', '--server', `https://127.0.0.1:${API_PORT}`, ...authority)
  const own = [
    '--client-certificate',
    pki(`${user}.crt`),
    '--client-key',
    pki(`${user}.key`),
    '--embed-certs',
  ]
  await config('set-credentials', user, ...own)
  await config('set-context', 'test', '--cluster', 'test', '--user', user)
  await config('use-context', 'test')
}

const openssl = (args: readonly string[]): Promise<string> => run('openssl', args)
