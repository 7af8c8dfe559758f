/** Exit codes of every command; pinned by a test. */
export const EXIT = { good: 0, notGood: 1, usage: 2, environment: 3, interrupted: 130 } as const

/** A refusal with its exit code: one sentence on what, where and what to do. Anything else that is thrown is a defect. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: string
  readonly exit: number
  constructor(code: string, message: string, exit: number = EXIT.usage) {
    super(message)
    this.code = code
    this.exit = exit
  }
}
