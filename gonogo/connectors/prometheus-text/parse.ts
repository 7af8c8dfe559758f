import { ReadingProblem } from '../reading-problem.ts'

export type Series = {
  readonly labels: Readonly<Record<string, string>>
  readonly value: number
  /** Epoch ms, where the text says when. */
  readonly atMs: number | null
}

/** The series of some metrics; `declared` names those of them that the text speaks of, though none may have a series. */
export type Exposition = {
  readonly series: ReadonlyMap<string, readonly Series[]>
  readonly declared: ReadonlySet<string>
}

const VALUE = /^\s*(?<value>\S+)(?:\s+(?<at>-?\d+))?\s*$/
const LABEL = /\s*(?<name>[a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"(?<value>(?:[^"\\\n]|\\.)*)"\s*(?:,|$)/y
const NUMBERS: Readonly<Record<string, number>> = {
  NaN: Number.NaN,
  '+Inf': Number.POSITIVE_INFINITY,
  Inf: Number.POSITIVE_INFINITY,
  '-Inf': Number.NEGATIVE_INFINITY,
}

/**
 * Reads the wanted metrics of a Prometheus text exposition (format 0.0.4); lines of others are passed over unread.
 * Throws a ReadingProblem where a wanted line is not what it should be, or stands there twice.
 */
export function parseExposition(text: string, wanted: readonly string[], source: string): Exposition {
  if (text.length > 0 && !text.endsWith('\n'))
    throw new ReadingProblem('cut-off', source, 'the text does not end with a line feed')
  const series = new Map<string, Series[]>()
  const declared = new Set<string>()
  const seen = new Set<string>()
  for (const [at, line] of text.split('\n').entries()) {
    const name = wanted.find((one) => line.startsWith(one) && isNameEnd(line.charCodeAt(one.length)))
    if (name === undefined) {
      if (line.startsWith('#')) declare(line, wanted, declared)
      continue
    }
    const end = line.lastIndexOf('}') + 1 || name.length
    const key = line.slice(0, end)
    const where = `${source}, line ${at + 1}`
    if (seen.has(key)) throw new ReadingProblem('inconsistent', source, `line ${at + 1} stands there twice`)
    seen.add(key)
    declared.add(name)
    const found = { labels: labelsOf(key, name, where), ...numberAt(line, end, where) }
    const known = series.get(name)
    if (known) known.push(found)
    else series.set(name, [found])
  }
  return { series, declared }
}

const isNameEnd = (code: number): boolean => code === OPEN || code === SPACE || code === TAB
const [OPEN, SPACE, TAB] = [0x7b, 0x20, 0x09]

function declare(line: string, wanted: readonly string[], declared: Set<string>): void {
  const type = /^#\s+TYPE\s+(?<name>\S+)/.exec(line)?.groups?.name
  if (type !== undefined && wanted.some((one) => one === type || one === `${type}_bucket`)) declared.add(type)
}

function numberAt(line: string, from: number, source: string): { value: number; atMs: number | null } {
  const { value, at } = VALUE.exec(line.slice(from))?.groups ?? {}
  const number = value === undefined ? undefined : (NUMBERS[value] ?? Number(value))
  if (number === undefined || (Number.isNaN(number) && value !== 'NaN'))
    throw new ReadingProblem('wrong-format', source, `“${line.slice(0, 80)}” is no sample`)
  return { value: number, atMs: at === undefined ? null : Number(at) }
}

/** The same series come again with every scrape, from every instance; half of the time would go into reading them. */
const known = new Map<string, Readonly<Record<string, string>>>()
const MOST_KNOWN = 50_000

function labelsOf(key: string, name: string, source: string): Readonly<Record<string, string>> {
  const before = known.get(key)
  if (before) return before
  const text = key.slice(name.length).trim()
  if (text !== '' && !(text.startsWith('{') && text.endsWith('}')))
    throw new ReadingProblem('wrong-format', source, `“${key.slice(0, 80)}” is no series`)
  const labels = parseLabels(text.slice(1, -1), source)
  if (known.size >= MOST_KNOWN) known.clear()
  known.set(key, labels)
  return labels
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n' }

function parseLabels(text: string, source: string): Record<string, string> {
  const labels: Record<string, string> = {}
  LABEL.lastIndex = 0
  let end = 0
  while (end < text.trimEnd().length) {
    const { name, value = '' } = LABEL.exec(text)?.groups ?? {}
    if (name === undefined)
      throw new ReadingProblem('wrong-format', source, `“${text.slice(end, end + 40)}” is no label`)
    labels[name] = value.replace(/\\(.)/g, (_all, char: string) => ESCAPES[char] ?? char)
    end = LABEL.lastIndex
  }
  return labels
}
