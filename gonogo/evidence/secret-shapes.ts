type Shape = readonly [shape: RegExp, instead: string]

const NAME =
  '(?:password|passwd|pwd|passphrase|secret|api[_-]?key|access[_-]?key|private[_-]?key)(?!s\\b|[_-]?(?:name|ref)\\b)'
/** Tokens are also counted, and a count is evidence: their values have eight characters at least, not digits only. */
const TOKEN = '(?:token|credential)(?!s)'
const HEADER = '(?:authorization|(?:set-)?cookie)'
const IS = '[\\w-]{0,40}\\\\?["\']?\\s{0,8}(?:=>|[=:])\\s{0,8}'
const BARE = '[^\\s"\',;&{}\\[\\]]'

/** `name = value` with the value in escaped, double or single quotes; an open quote ends with the line. */
const quoted = (name: string, least: number, not = ''): Shape[] => [
  [
    new RegExp(`(${name}${IS})\\\\"${not}(?:(?!\\\\")[^\\n]){${least},}(?:\\\\"|(?=\\n)|$)`, 'gi'),
    '$1\\"[redacted]\\"',
  ],
  [
    new RegExp(`(${name}${IS})"${not}(?:\\\\.|[^"\\\\\\n]){${least},}(?:"|(?=\\n)|$)`, 'gi'),
    '$1"[redacted]"',
  ],
  [new RegExp(`(${name}${IS})'${not}[^'\\n]{${least},}(?:'|(?=\\n)|$)`, 'gi'), "$1'[redacted]'"],
]

/** `name = value` without quotes. */
const bare = (name: string, least: number, not = ''): Shape => [
  new RegExp(`(${name}${IS})${not}(?!(?:true|false|null)\\b)${BARE}{${least},}`, 'gi'),
  '$1[redacted]',
]

/** True for the name of a field whose value is a secret, such as `db_password` or `apiKey`. */
export const isSecretName = (name: string): boolean => SECRET_NAME.test(name)
const SECRET_NAME = new RegExp(`${NAME}|^${HEADER}$`, 'i')

/** True for the name of a field whose value is a secret when it is a long text, such as `access_token`. */
export const isTokenName = (name: string): boolean => TOKEN_NAME.test(name)
const TOKEN_NAME = new RegExp(TOKEN, 'i')

/**
 * Shapes of well-known secrets in text, and what takes their place. What surrounds them stays, so that the evidence can
 * still be read. Every shape takes time linear in the text.
 */
export const SECRET_SHAPES: readonly Shape[] = [
  [
    /-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY( BLOCK)?-----[\s\S]*?(-----END [A-Z0-9 ]{0,40}PRIVATE KEY( BLOCK)?-----|$)/g,
    '[redacted private key]',
  ],
  [/\b((?:set-)?cookie:\s{0,8})[^\s"'][^\r\n"']*/gi, '$1[redacted]'],
  [/\b(authorization:\s{0,8}[a-z-]{1,20}[ \t]{1,8})[^\s"',;]+/gi, '$1[redacted]'],
  [/\b(authorization:\s{0,8})(?![a-z-]{1,20}[ \t]{1,8}[^\s"',;])[^\s"',;]{4,}/gi, '$1[redacted]'],
  ...quoted(HEADER, 1),
  [/\b(bearer|basic)\s{1,8}(?=[^\s]*[\d._~+/=-])[A-Za-z0-9._~+/=-]{8,}/gi, '$1 [redacted]'],
  [/(?<![\w-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{2,}\.[A-Za-z0-9_-]*/g, '[redacted token]'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, '[redacted key id]'],
  [
    /\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{20,}|npm_[A-Za-z0-9]{30,})/g,
    '[redacted token]',
  ],
  [/\b(?:xox[abeprs]-[A-Za-z0-9-]{10,}|AIza[\w-]{35}|[sr]k_(?:live|test)_\w{10,})/g, '[redacted token]'],
  [/\bsk-(?!ssh-|ecdsa-)[\w-]{20,}/g, '[redacted token]'],
  ...quoted(NAME, 1),
  bare(NAME, 2),
  ...quoted(TOKEN, 8, '(?!\\d+\\b)'),
  bare(TOKEN, 8, '(?!\\d+\\b)'),
  [/(\s--?(?:password|passphrase|token|secret|api-key)\s{1,8})[^\s-][^\s]*/gi, '$1[redacted]'],
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s/:@]{0,200}:)[^\s/@]{1,500}@/gi, '$1[redacted]@'],
]
