import { createHash, randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { issueCertificate, newAuthority } from '#connectors/tls/private-authority.ts'
import type { Service } from '#core/service.ts'
import { makeDemoKey, pemSigner, type Signer } from '#evidence/signatures.ts'
import type { DemoVersion } from './repository.ts'

/** What is deployed of a version, and the configuration that travels with it. */
export type Deployable = {
  readonly artifact: string
  readonly digest: string
  readonly config?: Readonly<Record<string, string>>
}

const HOUR_MS = 3_600_000
const CERTIFICATE_DAYS = 90
/** Who makes the load in staging; 1.2.4 fails none of these names, so that only its users find it out. */
const LOAD_CALLERS = 10
const TOKENS_END = '2100-01-01T00:00:00Z'
/** Schema version and flags of each version: 1.2.3 brings a migration that 1.2.2 can live with. */
const CHANGES: Readonly<Record<DemoVersion, { schemaVersion: number; flags: Record<string, boolean> }>> = {
  '1.2.2': { schemaVersion: 2, flags: {} },
  '1.2.3': { schemaVersion: 3, flags: { migrations: true, 'user-facing': true } },
  '1.2.4': { schemaVersion: 3, flags: {} },
}

/** `releases/VERSION.yaml` for a version as it was built. */
export async function writeRelease(
  demo: string,
  version: DemoVersion,
  commit: string,
  { artifact, digest, config = {} }: Deployable,
  now: number,
): Promise<void> {
  const { schemaVersion, flags } = CHANGES[version]
  const release = {
    release: 1,
    version,
    commit,
    type: 'feature',
    risk: 'medium',
    strategy: 'canary',
    window: {
      start: new Date(now - HOUR_MS).toISOString(),
      end: new Date(now + 2 * HOUR_MS).toISOString(),
      timeZone: 'Etc/UTC',
    },
    components: ['gateway', 'agent', 'mcp-server', 'database'],
    artifact,
    digest,
    config,
    flags,
    authors: ['nia'],
    schemaVersion,
    backwardCompatible: true,
    notes: `releases/${version}.md`,
  }
  await mkdir(join(demo, 'releases'), { recursive: true })
  await writeFile(join(demo, 'releases', `${version}.yaml`), stringify(release))
}

/** A key for each of the cast: the public half where the service file looks, the private one in memory only. */
export async function makeCastKeys(demo: string, service: Service): Promise<Map<string, Signer>> {
  await mkdir(join(demo, 'keys'), { recursive: true })
  const signers = new Map<string, Signer>()
  for (const id of Object.keys(service.people)) {
    const { publicKeyLine, privateKeyPem } = makeDemoKey(`${id} (demo)`)
    await writeFile(join(demo, 'keys', `${id}.pub`), `${publicKeyLine}\n`)
    signers.set(id, pemSigner(privateKeyPem))
  }
  return signers
}

/** The certificate of the demo's public address, and that of the authority it made for itself. */
export async function makeCertificate(demo: string): Promise<void> {
  const folder = join(demo, 'tls')
  await mkdir(folder, { recursive: true })
  const authority = newAuthority('gonogo demo authority')
  const validity = {
    validFrom: new Date(Date.now() - HOUR_MS),
    validUntil: new Date(Date.now() + CERTIFICATE_DAYS * 24 * HOUR_MS),
  }
  const { key, cert } = issueCertificate(authority, 'gateway.clawdbot.internal', validity)
  await writeFile(join(folder, 'authority.pem'), authority.pem)
  await writeFile(join(folder, 'gateway.pem'), cert)
  await writeFile(join(folder, 'gateway.key'), key, { mode: 0o600 })
}

/** Bearer tokens of the demo's callers; the service knows their hashes only. And the key of its backups. Returns the users' tokens. */
export async function makeTokens(demo: string, users: number): Promise<string[]> {
  const folder = join(demo, 'tokens')
  await mkdir(folder, { recursive: true })
  await mkdir(join(demo, 'keys'), { recursive: true })
  const named: Record<string, { roles: string[]; expiresAt?: string }> = {
    user: { roles: ['user'] },
    other: { roles: ['user'] },
    admin: { roles: ['user', 'admin'] },
    expired: { roles: ['user'], expiresAt: '2026-01-01T00:00:00Z' },
    // By name none of those whom 1.2.4 fails: only users are to find that out.
    'probe-tenant-1': { roles: ['user'] },
    'probe-tenant-2': { roles: ['user'] },
    'probe-tenant-3': { roles: ['user'] },
  }
  for (let i = 0; i < users; i++) named[`visitor-${i}`] = { roles: ['user'] }
  for (let i = 0; i < LOAD_CALLERS; i++) named[`load-${i}`] = { roles: ['user'] }
  const made = Object.entries(named).map(([caller, rest]) => ({
    caller,
    token: randomBytes(24).toString('hex'),
    entry: { caller, user: caller, expiresAt: TOKENS_END, ...rest },
  }))
  const known = made.map(({ token, entry }) => ({
    sha256: createHash('sha256').update(token).digest('hex'),
    ...entry,
  }))
  await writeFile(join(folder, 'tokens.json'), JSON.stringify({ tokens: known }, null, 2))
  await writeFile(join(demo, 'keys', 'backup.key'), randomBytes(32), { mode: 0o600 })
  for (const { caller, token } of made) await writeFile(join(folder, caller), token, { mode: 0o600 })
  return made.filter((m) => m.caller.startsWith('visitor-')).map((m) => m.token)
}

/** The key for the model, the one before it, the only one that the model still takes, and what a secret store says of it. */
export async function makeModelKeys(demo: string): Promise<void> {
  const folder = join(demo, 'model-keys')
  await mkdir(folder, { recursive: true })
  const [current, previous] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')]
  const sha256 = createHash('sha256').update(current).digest('hex')
  const rotatedAt = new Date(Date.now() - HOUR_MS).toISOString()
  await writeFile(join(folder, 'current'), current, { mode: 0o600 })
  await writeFile(join(folder, 'previous'), previous, { mode: 0o600 })
  await writeFile(join(folder, 'accepted.json'), JSON.stringify({ sha256: [sha256] }))
  await writeFile(join(folder, 'metadata.json'), JSON.stringify({ sha256, rotatedAt }))
}

/** What a forge would export of the reviews: each commit in a merged request, approved by others on its last push. */
export async function writeReviews(
  demo: string,
  commits: Readonly<Record<DemoVersion, string>>,
): Promise<void> {
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString()
  const pulls = Object.values(commits).map((sha, i) => ({
    number: i + 1,
    html_url: `https://git.clawdbot.internal/clawdbot/pull/${i + 1}`,
    user: { login: 'nia', type: 'User' },
    merged_at: at(1),
    merge_commit_sha: sha,
    head: { sha },
    base: { ref: 'main' },
    reviews: ['eve', 'max'].map((login) => ({
      user: { login, type: 'User' },
      state: 'APPROVED',
      submitted_at: at(2),
      commit_id: sha,
      author_association: 'MEMBER',
    })),
    commits: [
      {
        sha,
        author: { login: 'nia', type: 'User' },
        committer: { login: 'nia', type: 'User' },
        commit: {
          author: { name: 'Nia Cole', email: 'nia@clawdbot.internal', date: at(3) },
          message: `change ${i + 1}`,
        },
      },
    ],
  }))
  await mkdir(join(demo, 'evidence'), { recursive: true })
  await writeFile(join(demo, 'evidence', 'reviews.json'), JSON.stringify(pulls, null, 2))
}
