export type EvidenceCode = 'disk-full' | 'read-only' | 'missing' | 'changed' | 'unreadable' | 'not-a-bundle'

/** Evidence or a bundle that cannot be written or read. The message is one line: the file, what happened, the remedy. */
export class EvidenceProblem extends Error {
  override readonly name = 'EvidenceProblem'
  readonly code: EvidenceCode
  constructor(code: EvidenceCode, message: string) {
    super(message)
    this.code = code
  }
}

const FULL = ['ENOSPC', 'EDQUOT']
/** ENOENT among them: node says so when a read-only disk refuses a new folder. */
const READ_ONLY = ['EROFS', 'ENOENT', 'EACCES', 'EPERM', 'ENOTDIR', 'EEXIST', 'ELOOP']

/** What a failed write means, as an EvidenceProblem; anything that is not about storage is handed back as it came. */
export function writeProblem(error: unknown, path: string): unknown {
  const code = (error as { code?: string }).code ?? ''
  if (FULL.includes(code))
    return new EvidenceProblem('disk-full', `${path}: the disk is full; free some space and try again`)
  if (READ_ONLY.includes(code))
    return new EvidenceProblem(
      'read-only',
      `${path}: cannot be written (${code}); check the folder's permissions and mount`,
    )
  return error
}

/** What a failed read means, as an EvidenceProblem. */
export function readProblem(error: unknown, path: string): EvidenceProblem {
  const code = (error as { code?: string }).code ?? 'unknown reason'
  return code === 'ENOENT'
    ? new EvidenceProblem('missing', `${path}: this piece of evidence is not there; restore it from a copy`)
    : new EvidenceProblem('unreadable', `${path}: cannot be read (${code}); check its permissions and disk`)
}
