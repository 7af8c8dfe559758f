import { readingsOf } from '../text/readings.ts'

/** A piece of a secret this long is as good as the secret; shorter ones occur by chance. */
const TELLING = 12

/**
 * Whether a text that is about to leave gives away one of the secrets, or a telling piece of it: as it stands, in
 * other letters, with gaps, or coded. Secrets of less than TELLING characters are compared as a whole.
 */
export function givesAway(text: string, secrets: readonly string[]): boolean {
  const pieces = secrets.flatMap((secret) => piecesOf(bare(secret)))
  if (pieces.length === 0) return false
  return readingsOf(text).some((reading) => {
    const seen = bare(reading)
    return pieces.some((piece) => seen.includes(piece))
  })
}

const bare = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '')

function piecesOf(secret: string): string[] {
  if (secret.length <= TELLING) return secret === '' ? [] : [secret]
  return Array.from({ length: secret.length - TELLING + 1 }, (_, at) => secret.slice(at, at + TELLING))
}

const IMAGE = /!\[[^\]]*\]\s*\(?[^)\s]*\)?|<img\b[^>]*>/gi
const ADDRESS = /\bhttps?:\/\/([^\s/"'<>)\]]+)[^\s"'<>)\]]*/gi

/**
 * Takes addresses out of an answer that untrusted text had a part in, except those whose host the user named: a page
 * that shows the answer would fetch a picture by itself, and carry along what stands in its address.
 */
export function withoutForeignAddresses(answer: string, message: string): string {
  const isOwn = (host: string) => message.toLowerCase().includes(host.toLowerCase())
  const foreign = (text: string) => [...text.matchAll(ADDRESS)].some(([, host = '']) => !isOwn(host))
  return answer
    .replace(IMAGE, (image) => (foreign(image) || !/https?:/i.test(image) ? '[picture withheld]' : image))
    .replace(ADDRESS, (address, host: string) => (isOwn(host) ? address : `[address at ${host} withheld]`))
}
