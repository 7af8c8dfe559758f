import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** `sun_path` holds 108 bytes on Linux and 104 on macOS, with the NUL at its end. */
const LONGEST_BYTES = 103

/** Where the supervisor of an environment listens: in its folder, or below the temporary folder when that is too deep. */
export function socketPathFor(folder: string): string {
  const path = join(folder, 'supervisor.sock')
  return Buffer.byteLength(path) <= LONGEST_BYTES
    ? path
    : join(tmpdir(), `gonogo-${userName()}-${folderHash(folder)}.sock`)
}

/** 16 hex digits that stand for the environment's folder; what its processes are marked with. */
export const folderHash = (folder: string): string =>
  createHash('sha256').update(folder).digest('hex').slice(0, 16)

const userName = () => process.getuid?.() ?? 'user'
