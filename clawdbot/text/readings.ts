/** Letters of other scripts that look like Latin ones. */
const LOOKALIKES: Readonly<Record<string, string>> = Object.fromEntries(
  [
    ...'аaеeоoрpсcуyхxіiјjѕsһhԁdԛqԝwАAВBЕEКKМMНHОOРPСCТTУYХXІIЅSαaοoνvρpΑAΒBΕEΗHΙIΚKΜMΝNΟOΡPΤTΧXΥYΖZ'.matchAll(
      /(.)(.)/gu,
    ),
  ].map(([, from = '', to = '']) => [from, to]),
)
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const MOST_READINGS = 400

/**
 * The ways in which a text can be read, itself first: without what hides letters, backwards, and decoded from what
 * texts are commonly hidden in, two codings deep. What a model may understand, a guard must understand as well.
 */
export function readingsOf(text: string, depth = 2): string[] {
  const found = new Set([text])
  let latest = [text]
  for (let level = 0; level < depth; level++) {
    latest = latest.flatMap((one) => DECODERS.map((decode) => decode(one)).filter((read) => read !== ''))
    for (const one of latest) if (found.size < MOST_READINGS) found.add(one)
  }
  return [...found]
}

/** Each answers an empty text where it finds nothing of its kind. */
const DECODERS: readonly ((text: string) => string)[] = [
  plain,
  (text) => [...text].reverse().join(''),
  (text) => text.replace(/[a-z]/gi, rot13),
  (text) => runs(text, /(?:%[0-9a-f]{2})/i, (all) => all.replace(/(?:%[0-9a-f]{2})+/gi, percent)),
  (text) => runs(text, /&(?:#x?[0-9a-f]+|\w+);/i, (all) => all.replace(/&(#x?[0-9a-f]+|\w+);/gi, entity)),
  (text) =>
    runs(text, /\\[ux]/, (all) => all.replace(/\\u\{?([0-9a-f]{2,6})\}?|\\x([0-9a-f]{2})/gi, escaped)),
  (text) => pieces(text, /[A-Za-z0-9+/_-]{12,}={0,2}/g, (run) => Buffer.from(run, 'base64')),
  (text) =>
    pieces(text, /(?:[0-9a-f]{2}[\s:,-]?){8,}/gi, (run) =>
      Buffer.from(run.replace(/[^0-9a-f]/gi, ''), 'hex'),
    ),
  (text) => pieces(text, /(?:[01]{8}\s?){6,}/g, (run) => Buffer.from(numbers(run.match(/[01]{8}/g), 2))),
  (text) => pieces(text, /(?:\b\d{2,3}\b[\s,;]*){8,}/g, (run) => Buffer.from(numbers(run.match(/\d+/g), 10))),
  (text) => pieces(text, /[A-Z2-7]{16,}=*/g, base32),
  spaced,
]

function plain(text: string): string {
  const visible = text
    .replace(/[\u{E0020}-\u{E007E}]/gu, (char) => String.fromCharCode((char.codePointAt(0) ?? 0) - 0xe0000))
    .replace(/\p{Cf}/gu, '')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\u0020-\u007E]/gu, (char) => LOOKALIKES[char] ?? char)
  return visible === text ? '' : visible
}

function rot13(letter: string): string {
  const base = letter <= 'Z' ? 65 : 97
  return String.fromCharCode(((letter.charCodeAt(0) - base + 13) % 26) + base)
}

const runs = (text: string, sign: RegExp, decode: (text: string) => string): string =>
  sign.test(text) ? decode(text) : ''

function percent(run: string): string {
  return Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8')
}

function entity(all: string, name: string): string {
  if (!name.startsWith('#')) return ENTITIES[name.toLowerCase()] ?? all
  const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1))
  return code > 0 && code < 0x110000 ? String.fromCodePoint(code) : all
}

function escaped(all: string, long?: string, short?: string): string {
  const code = Number.parseInt(long ?? short ?? '', 16)
  return code < 0x110000 ? String.fromCodePoint(code) : all
}

/** The text with each run of the kind decoded where that gives something that can be read. */
function pieces(text: string, kind: RegExp, decode: (run: string) => Buffer): string {
  let isFound = false
  const decoded = text.replace(kind, (run) => {
    const read = decode(run).toString('utf8')
    if (read.length < 4 || /[^\P{C}\n\t\r\p{Cf}]|\uFFFD/u.test(read)) return run
    isFound = true
    return read
  })
  return isFound ? decoded : ''
}

const numbers = (found: readonly string[] | null, base: number): number[] =>
  (found ?? []).map((one) => Number.parseInt(one, base)).map((code) => (code < 256 ? code : 0))

function base32(run: string): Buffer {
  const bits = [...run.replaceAll('=', '')]
    .map((char) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from(numbers(bits.match(/.{8}/g), 2))
}

/** `I G N O R E` and `I-G-N-O-R-E` without the gaps: every second character is the same one, a space may be among the others. */
function spaced(text: string): string {
  const joined = text.replace(/.([ .\-_*|])(?:.\1){6,}./gs, (run) => run.replace(/(.)./gs, '$1'))
  return joined === text ? '' : joined
}
