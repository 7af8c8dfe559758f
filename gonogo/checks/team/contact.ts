/** Names that the Internet keeps for examples and tests (RFC 2606, RFC 6761): nobody is reached there. */
const RESERVED = /(^|\.)(example|test|invalid|localhost)$|(^|\.)example\.(com|net|org|edu)$/i
const NOT_YET =
  /\b(todo|tbd|tba|fixme|changeme|placeholder|dummy|sample|lorem|xxx+|n\/?a|none|unknown|nobody|noreply|no-reply)\b/i
const FICTIONAL_PHONE = /555-?01\d\d$/
const LEAST_DIGITS = 7

/** Why a contact cannot work; null when it looks as if it can: an address, a number, a link, or a channel. */
export function contactProblem(contact: string): string | null {
  const text = contact.trim()
  if (text === '') return 'is empty'
  if (NOT_YET.test(text)) return `looks like a placeholder (${text})`
  if (/^https?:\/\//i.test(text)) return linkProblem(text)
  if (text.includes('@') && !text.startsWith('@')) return emailProblem(text.replace(/^mailto:/i, ''))
  if (/^(tel:)?\+?[\d\s()./-]+$/i.test(text)) return phoneProblem(text)
  if (/^[#@][\w.-]{2,}$/.test(text)) return null
  return `is no address, number, link or channel (${text})`
}

function linkProblem(text: string): string | null {
  if (!URL.canParse(text)) return `is no link (${text})`
  const { hostname } = new URL(text)
  return RESERVED.test(hostname) || !hostname.includes('.')
    ? `leads to a place that is only for examples (${text})`
    : null
}

function emailProblem(text: string): string | null {
  const [, domain] = /^[^\s@<>]+@([a-z0-9-]+(?:\.[a-z0-9-]+)+)$/i.exec(text) ?? []
  if (domain === undefined) return `is no address (${text})`
  return RESERVED.test(domain) ? `is an address that is only for examples (${text})` : null
}

function phoneProblem(text: string): string | null {
  const digits = text.replaceAll(/\D/g, '')
  if (digits.length < LEAST_DIGITS) return `is too short for a number (${text})`
  const isRow = '01234567890123456789'.includes(digits) || new Set(digits).size === 1
  const isFictional = FICTIONAL_PHONE.test(text.replaceAll(/[\s()./]/g, '-'))
  return isRow || isFictional ? `looks like a placeholder (${text})` : null
}
