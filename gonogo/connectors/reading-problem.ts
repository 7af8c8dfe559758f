/** Why evidence could not be used. Stable: programs may go by it. */
export type ReadingCode =
  | 'missing'
  | 'not-a-file'
  | 'empty'
  | 'too-large'
  | 'binary'
  | 'cut-off'
  | 'wrong-format'
  | 'inconsistent'
  | 'not-about-this'
  | 'unreachable'
  | 'forbidden'

/**
 * Evidence that cannot be read for what it should be. It is the only thing that a connector throws; the check that
 * asked for the evidence comes out unknown with this message.
 */
export class ReadingProblem extends Error {
  override readonly name = 'ReadingProblem'
  readonly code: ReadingCode
  /** The file, address or command that was read. */
  readonly source: string

  constructor(code: ReadingCode, source: string, reason: string) {
    super(`${source}: ${reason}`)
    this.code = code
    this.source = source
  }
}
