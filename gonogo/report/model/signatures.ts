import { createHash } from 'node:crypto'
import { sha256 } from '#core/json.ts'
import { ROLES, type Role } from '#core/roles.ts'
import type { DeploymentState } from '#core/state.ts'
import type { Signed } from '#core/statement.ts'
import { iso } from '../wording.ts'

/** Who signed something, by which key. `demo` marks keys that were made for a demo's cast. */
export type SignatureEntry = {
  readonly person: string
  readonly name: string
  readonly role: string | null
  /** As `ssh-keygen -l` prints it. */
  readonly key: string
  /** Digest of the armored signature, so that one can be told from another. */
  readonly signature: string
  readonly demo: boolean
  readonly signedAt: string
}

/** `SHA256:…` of a public key line, as OpenSSH prints it. */
export function fingerprintOf(publicKey: string): string {
  const blob = publicKey.trim().split(/\s+/)[1] ?? ''
  return `SHA256:${createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64').replace(/=+$/, '')}`
}

export function signatureEntry(state: DeploymentState, signed: Signed): SignatureEntry {
  const { statement } = signed
  return {
    person: statement.person,
    name: nameOf(state, statement.person),
    role: 'role' in statement ? ROLES[statement.role] : null,
    key: fingerprintOf(signed.key),
    signature: sha256(signed.signature),
    demo: signed.demo,
    signedAt: iso(statement.at),
  }
}

export const nameOf = (state: DeploymentState, person: string): string =>
  state.opened.roster[person]?.name ?? person

/** The people who hold a role, then those who stand in for it. */
export function holdersOf(
  state: DeploymentState,
  role: Role,
): { name: string; contact: string; isBackup: boolean }[] {
  const people = Object.values(state.opened.roster)
  const holders = people
    .filter((p) => p.roles.includes(role))
    .map((p) => ({ name: p.name, contact: p.contact, isBackup: false }))
  const backups = people
    .filter((p) => p.backupFor.includes(role))
    .map((p) => ({ name: p.name, contact: p.contact, isBackup: true }))
  return [...holders, ...backups]
}
