import { isSecretName, isTokenName, SECRET_SHAPES } from './secret-shapes.ts'

/** Shorter words would tear holes into every text. */
const MIN_SECRET_CHARS = 4
const MIN_TOKEN_CHARS = 8
const MAX_PASSES = 8
const REDACTED = '[redacted]'

/**
 * The text without the given secrets (plain, URL-encoded, base64) and without what looks like a well-known secret:
 * private key blocks, bearer tokens, JWTs, cloud and forge keys, `password=…`, passwords in addresses. JSON and JSON
 * lines stay what they are; a text without secrets comes back as it was, and so does one that was redacted before.
 */
export function redact(text: string, secrets: readonly string[] = []): string {
  const known = secrets
    .filter((secret) => secret.length >= MIN_SECRET_CHARS)
    .flatMap(spellings)
    .sort((a, b) => b.length - a.length)
  return redactJson(text, known) ?? redactLines(text, known) ?? redactText(text, known)
}

/** Again until nothing is found any more, because what one shape put in place can complete another. */
function redactText(text: string, known: readonly string[]): string {
  let before = known.reduce((rest, secret) => rest.replaceAll(secret, REDACTED), text)
  for (let pass = 0; pass < MAX_PASSES; pass++) {
    const after = SECRET_SHAPES.reduce((rest, [shape, instead]) => rest.replace(shape, instead), before)
    if (after === before) return after
    before = after
  }
  return before
}

/** Null when the text is no JSON object or list. */
function redactJson(text: string, known: readonly string[]): string | null {
  if (!/^\s*[[{]/.test(text)) return null
  try {
    const value: unknown = JSON.parse(text)
    const clean = JSON.stringify(redactValue(value, known))
    if (clean === JSON.stringify(value)) return text
    return text.trim().includes('\n') ? `${JSON.stringify(JSON.parse(clean), null, 2)}\n` : clean
  } catch {
    // Cut off, not JSON after all, or nested too deep: then it is text like any other.
    return null
  }
}

function redactLines(text: string, known: readonly string[]): string | null {
  if (!text.startsWith('{') || !text.includes('\n')) return null
  const lines = text.split('\n').map((line) => (line.trim() === '' ? line : redactJson(line, known)))
  return lines.includes(null) ? null : lines.join('\n')
}

function redactValue(value: unknown, known: readonly string[]): unknown {
  if (typeof value === 'string') return redactJson(value, known) ?? redactText(value, known)
  if (Array.isArray(value)) return value.map((one) => redactValue(one, known))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([name, one]) => [
    redactText(name, known),
    isSecret(name, one) ? REDACTED : redactValue(one, known),
  ])
  return Object.fromEntries(entries)
}

function isSecret(name: string, value: unknown): boolean {
  if (typeof value !== 'string' && typeof value !== 'number') return false
  if (isSecretName(name)) return value !== ''
  return isTokenName(name) && String(value).length >= MIN_TOKEN_CHARS && !/^\d+$/.test(String(value))
}

function spellings(secret: string): string[] {
  const base64 = Buffer.from(secret).toString('base64')
  const inJson = JSON.stringify(secret).slice(1, -1)
  return [secret, inJson, encodeURIComponent(secret), base64, base64.replace(/=+$/, '')]
}
