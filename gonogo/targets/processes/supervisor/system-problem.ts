import type { Settings, Started } from '../protocol.ts'

/** What the system refused, in one line. Anything else is a defect and thrown on. */
export function environmentProblem(error: unknown, folder: string): Started {
  const code = codeOf(error)
  const refused = (stable: string, detail: string): Started => ({ ok: false, code: stable, detail })
  if (code === 'EACCES' || code === 'EPERM')
    return refused(
      'permission-denied',
      `${folder} cannot be written by this user; change its owner or environments.NAME.folder`,
    )
  if (code === 'EROFS')
    return refused('read-only', `${folder} is on a read-only disk; change environments.NAME.folder`)
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return refused('folder-unusable', `${folder} is not a folder; correct environments.NAME.folder`)
  if (code === 'ENOSPC') return refused('disk-full', `the disk of ${folder} is full; make room and try again`)
  if (code === 'ERR_SQLITE_ERROR')
    return refused('folder-unusable', `${folder} cannot be locked: ${messageOf(error)}`)
  if (
    error instanceof SyntaxError ||
    codeOf(error) === 'ZodError' ||
    (error instanceof Error && error.name === 'ZodError')
  )
    return refused(
      'state-unreadable',
      `${folder}/supervisor.json is not what gonogo wrote; move it away to begin anew`,
    )
  throw error
}

/** What a `listen` address was refused for; `where` is its key in the service file. */
export function portProblem(error: unknown, listen: string, where: string): Started {
  switch (codeOf(error)) {
    case 'EADDRINUSE':
      return {
        ok: false,
        code: 'port-in-use',
        detail: `${listen} is in use by another program; end it or change ${where}`,
      }
    case 'EACCES':
      return {
        ok: false,
        code: 'permission-denied',
        detail: `${listen} may not be opened by this user; choose a port above 1023 in ${where}`,
      }
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return {
        ok: false,
        code: 'no-address',
        detail: `${listen} is not an address of this machine; correct ${where}`,
      }
    default:
      throw error
  }
}

export const certificateProblem = ({ name }: Settings, reason: string): Started => ({
  ok: false,
  code: 'certificate-unusable',
  detail: `environments.${name}.target.tls cannot be used: ${reason}; correct its certificate and key`,
})

const codeOf = (error: unknown): string | null =>
  error instanceof Error && 'code' in error ? String(error.code) : null

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
