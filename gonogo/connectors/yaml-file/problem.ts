/** Keys and indexes from the top of a document to a value. */
export type KeyPath = readonly (string | number)[]

/** One thing that is wrong with a file that a person wrote. `line` and `column` count from 1; null when there is no place. */
export type Problem = {
  readonly code: string
  readonly file: string
  readonly line: number | null
  readonly column: number | null
  /** `policy.steps[1].weight`; empty for the file as a whole. */
  readonly key: string
  /** What is wrong, and what to do. */
  readonly message: string
}

/** One line: `gonogo.yaml:12:5: policy.wach: no such key; did you mean watch?` */
export function formatProblem(problem: Problem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== null).join(':')
  return [place, problem.key, problem.message]
    .filter((part) => part !== '')
    .map(onOneLine)
    .join(': ')
}

export const inFileOrder = (problems: readonly Problem[]): Problem[] =>
  [...problems].sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0))

/** The path as a person writes it; keys with other characters stand in quotes. */
export function formatKey(path: KeyPath): string {
  return path.map(segment).join('').replace(/^\./, '')
}

function segment(key: string | number): string {
  if (typeof key === 'number') return `[${key}]`
  return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `[${quote(key)}]`
}

const LONGEST_QUOTE = 60

/** A value from a file in a message: quoted, on one line, cut where it is long. */
export function quote(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text
}

// Control characters, and the two line separators that terminals and editors treat as new lines.
const onOneLine = (text: unknown): string => String(text).replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
