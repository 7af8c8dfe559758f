import { execFile } from 'node:child_process'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)

export const LEADING_ROLES = [
  'deployment-lead',
  'security-lead',
  'engineering-lead',
  'sre-on-call',
  'engineering-manager',
] as const
export type LeadingRole = (typeof LEADING_ROLES)[number]

export type Answers = {
  readonly service: string
  readonly startCommand: readonly string[]
  readonly checklist: string
  readonly people: readonly { readonly id: string; readonly name: string; readonly email: string }[]
  /** Who holds which of the roles that gates and the watch ask; null: nobody said. */
  readonly roles: Readonly<Record<LeadingRole, string | null>>
  readonly lockfile: string | null
  readonly junit: string | null
  readonly lcov: string | null
  /** What was found, a sentence each. */
  readonly found: readonly string[]
}

const MAX_PEOPLE = 8
const JUNIT = ['reports/junit.xml', 'junit.xml', 'test-results/junit.xml', 'build/test-results/junit.xml']
const LCOV = ['coverage/lcov.info', 'lcov.info']
const LOCKFILES = ['package-lock.json', 'npm-shrinkwrap.json']

/** Looks for what a repository says of itself: name, start command, authors, lockfile, test and coverage reports. */
export async function findAnswers(folder: string): Promise<Answers> {
  const manifest = await readManifest(join(folder, 'package.json'))
  const service = nameOf(manifest?.name ?? basename(folder))
  const [lockfile, junit, lcov] = await Promise.all([
    first(folder, LOCKFILES),
    first(folder, JUNIT),
    first(folder, LCOV),
  ])
  const people = await authors(folder)
  const start = manifest?.scripts?.start
  const own = fileURLToPath(new URL('../../checklists/clawdbot-production.yaml', import.meta.url))
  return {
    service,
    startCommand: start ? start.split(' ') : ['node', 'server.js'],
    checklist: relative(folder, own) || own,
    people,
    roles: Object.fromEntries(LEADING_ROLES.map((role) => [role, null])) as Answers['roles'],
    lockfile,
    junit,
    lcov,
    found: [
      `service name ${service}`,
      ...(start ? [`start command “${start}”`] : []),
      ...(people.length > 0 ? [`${people.length} people in the git history`] : []),
      ...[lockfile, junit, lcov].flatMap((file) => (file ? [file] : [])),
    ],
  }
}

type Manifest = { name?: string; scripts?: Record<string, string> }

async function readManifest(path: string): Promise<Manifest | null> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Manifest
  } catch {
    return null
  }
}

const nameOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/^@[^/]*\//, '')
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^[^a-z]+/, '') || 'service'

async function first(folder: string, candidates: readonly string[]): Promise<string | null> {
  for (const candidate of candidates) {
    const isFile = await stat(join(folder, candidate)).then(
      (s) => s.isFile(),
      () => false,
    )
    if (isFile) return candidate
  }
  return null
}

async function authors(folder: string): Promise<Answers['people']> {
  const { stdout } = await run('git', ['log', '--format=%an%x09%ae', '--max-count=500'], {
    cwd: dirname(join(folder, 'x')),
  }).catch(() => ({ stdout: '' }))
  const seen = new Map<string, { id: string; name: string; email: string }>()
  for (const line of stdout.split('\n').filter(Boolean)) {
    const [name = '', email = ''] = line.split('\t')
    const id = nameOf(email.split('@')[0] ?? name)
    if (!seen.has(id)) seen.set(id, { id, name, email })
  }
  return [...seen.values()].slice(0, MAX_PEOPLE)
}

const KEY_HINT = "  # the person's SSH public key line"

/** The service file's text: complete, valid, and with CHANGE-ME wherever only a person knows. */
export function serviceFileText(answers: Answers): string {
  const people = answers.people.map(({ id, name, email }) => {
    const roles = LEADING_ROLES.filter((role) => answers.roles[role] === id)
    return `  ${id}:\n    name: ${JSON.stringify(name)}\n    contact: ${JSON.stringify(email)}\n    emails: [${JSON.stringify(email)}]\n    roles: [${roles.join(', ')}]\n    keys: []${roles.length > 0 ? KEY_HINT : ''}`
  })
  const leads = LEADING_ROLES.filter((role) => answers.roles[role] === null).map(
    (role) =>
      `  change-me-${role}:\n    name: CHANGE-ME\n    contact: CHANGE-ME\n    roles: [${role}]\n    keys: []${KEY_HINT}`,
  )
  const checks = [
    ...(answers.junit ? [`  '1.1.2':\n    reports:\n      - { kind: unit, file: ${answers.junit} }`] : []),
    ...(answers.lcov ? [`  '1.1.3':\n    report: { file: ${answers.lcov} }\n    critical: ['**']`] : []),
    ...(answers.lockfile
      ? [`  '1.1.5':\n    lockfile: ${answers.lockfile}\n    scans: [{ tool: npm-audit, run: true }]`]
      : []),
  ]
  return `# How ${answers.service} is deployed, and by whom. See what is still open with: gonogo plan
gonogo: 1
service: ${answers.service}
checklist: ${answers.checklist}
environments:
  production:
    target:
      kind: processes
      listen: 127.0.0.1:8080
      components:
        ${answers.service}:
          command: ${JSON.stringify(answers.startCommand)}
          env: { PORT: '\${port}', HOST: '\${host}' }
          ready: /ready
          health: /health
          public: true
people:
${[...people, ...leads].join('\n')}
checks:${checks.length > 0 ? `\n${checks.join('\n')}` : ' {}'}
`
}
