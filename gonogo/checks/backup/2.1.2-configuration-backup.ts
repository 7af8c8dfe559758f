import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { canonicalJson } from '#core/json.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { isOnCluster } from '../live/service-cluster.ts'
import { readingEvidence } from '../reading.ts'
import { type ClusterConfiguration, clusterConfiguration } from './cluster-configuration.ts'

const CIPHER = 'aes-256-gcm'
const LEAST_KEY_BYTES = 32
const LEAST_SECRET = 8
const MAX_FILES = 1000
const MAX_FILE_BYTES = 16 * 1024 * 1024

const config = z.strictObject({
  folder: z.string(),
  /** File with the key (32 bytes or more), readable by its owner alone; not in the folder of the backups. */
  keyFile: z.string(),
  /** On a cluster: the identity that may read Secrets, and does nothing else. */
  kubeconfig: z.string().min(1).optional(),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '2.1.2',
  title: 'Configuration backup saved',
  config,
  limitMs: 60_000,
  run: readingEvidence(run),
})

/** The stable version's configuration, with its secrets, is kept encrypted, read back, and lies nowhere there in the clear. */
async function run(ctx: CheckContext, { folder, keyFile, kubeconfig }: Config): Promise<CheckResult> {
  const home = resolve(ctx.root, folder)
  const key = await keyOf(resolve(ctx.root, keyFile), home)
  const cluster = isOnCluster(ctx) ? await clusterConfiguration(ctx, kubeconfig) : null
  const { text, secrets, names } = await configurationOf(ctx, cluster)
  const file = join(home, `${ctx.service.service}-${ctx.environment.name}-${ctx.deploymentId}.config`)
  await mkdir(home, { recursive: true })
  await writeFile(file, encrypt(text, key), { mode: 0o600 })
  // Of secrets only keyed digests are told: plain ones can be guessed.
  const digest = createHmac('sha256', key).update(text).digest('hex')
  const rest = {
    claim: { names, digest, ...(cluster && { digests: cluster.digests(key) }) },
    source: file,
    population: `${names.length} settings, ${secrets.length} of them secret`,
  }
  const back = decrypt(await readFile(file), key)
  if (back !== text) return fail('what is read back from the backup is not what was saved', rest)
  if (cluster?.problem) return fail(cluster.problem, rest)
  const open = await inTheClear(home, secrets)
  if (open !== null) return fail(`${open} holds a secret in clear text`, rest)
  return pass(
    `${names.length} settings saved, encrypted and read back; ${secrets.length} secrets, none in clear text`,
    rest,
  )
}

async function keyOf(file: string, home: string): Promise<Buffer> {
  const [bytes, about] = await Promise.all([readFile(file), stat(file)]).catch((error: Error) => {
    throw new CheckProblem(`${file}: ${error.message}`)
  })
  if (bytes.length < LEAST_KEY_BYTES)
    throw new CheckProblem(
      `${file}: a key has at least ${LEAST_KEY_BYTES} bytes, this one has ${bytes.length}`,
    )
  if ((about.mode & 0o077) !== 0) throw new CheckProblem(`${file}: others may read the key; chmod 600 it`)
  if (file.startsWith(`${home}/`))
    throw new CheckProblem(`${file}: lies beside what it encrypts; keep the key elsewhere`)
  return Buffer.from(hkdfSync('sha256', bytes, '', 'gonogo configuration backup', 32))
}

/** All that makes the stable version run here as it does. */
async function configurationOf(
  ctx: CheckContext,
  cluster: ClusterConfiguration | null,
): Promise<{ text: string; secrets: string[]; names: string[] }> {
  const { environment, service } = ctx
  const declared = service.environments[environment.name]
  const { stableWorkload } = await environment.target.observe()
  if (!declared || !stableWorkload)
    throw new CheckProblem(`nothing runs in ${environment.name} whose configuration could be saved`)
  const keys = Object.keys(declared.access).sort()
  const access = Object.fromEntries(
    await Promise.all(keys.map(async (key) => [key, await environment.access(key)] as const)),
  )
  const referenced = keys.filter((key) => /^\$\{(env|file):/.test(declared.access[key] ?? ''))
  const secrets = referenced
    .flatMap((key) => access[key] ?? [])
    .concat(cluster?.secrets ?? [])
    .filter((value) => value.length >= LEAST_SECRET)
  const names = [
    ...Object.keys(stableWorkload.config).map((name) => `config.${name}`),
    ...keys.map((key) => `access.${key}`),
    ...Object.keys(declared.target).map((key) => `target.${key}`),
    ...Object.keys(cluster?.objects ?? {}),
  ].sort()
  if (names.length === 0) throw new CheckProblem(`${environment.name} has no setting that could be saved`)
  const { target } = declared
  const objects = cluster && { objects: cluster.objects }
  const text = canonicalJson({ target, config: stableWorkload.config, access, ...objects } as never)
  return { text, secrets, names }
}

function encrypt(text: string, key: Buffer): Buffer {
  const nonce = randomBytes(12)
  const cipher = createCipheriv(CIPHER, key, nonce)
  const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), body])
}

/** Null for what was not written with this key, or was changed since. */
function decrypt(bytes: Buffer, key: Buffer): string | null {
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, 12))
    decipher.setAuthTag(bytes.subarray(12, 28))
    return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]).toString('utf8')
  } catch {
    return null
  }
}

/** The first file there that holds one of the secrets as it is. */
async function inTheClear(home: string, secrets: readonly string[]): Promise<string | null> {
  const names = (await readdir(home)).slice(0, MAX_FILES)
  for (const name of names) {
    const about = await stat(join(home, name))
    if (!about.isFile() || about.size > MAX_FILE_BYTES) continue
    const text = await readFile(join(home, name), 'latin1')
    if (secrets.some((secret) => text.includes(secret))) return name
  }
  return null
}
