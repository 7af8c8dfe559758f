import picocolors from 'picocolors'

/** Where a command speaks: progress and prompts on stderr, its result on stdout, nothing else there. */
export type Output = {
  readonly json: boolean
  readonly colours: ReturnType<typeof picocolors.createColors>
  /** A line for people; goes to stderr. */
  say(line: string): void
  /** The result: text for people, or the JSON value when --json was given. */
  result(text: string, value: unknown): void
}

export function makeOutput(json: boolean): Output {
  const isPlain =
    json || !process.stderr.isTTY || Boolean(process.env.NO_COLOR) || process.env.TERM === 'dumb'
  return {
    json,
    colours: picocolors.createColors(!isPlain),
    say: (line) => void process.stderr.write(`${line}\n`),
    result: (text, value) =>
      void process.stdout.write(json ? `${JSON.stringify(value, null, 2)}\n` : `${text}\n`),
  }
}

/** Not a terminal, CI, a dumb or narrow one, or ACCESSIBLE=1: plain lines with the full date. */
export const isPlainTerminal = (): boolean =>
  !process.stderr.isTTY ||
  Boolean(process.env.CI) ||
  process.env.TERM === 'dumb' ||
  process.env.ACCESSIBLE === '1' ||
  (process.stderr.columns ?? 80) < 60
