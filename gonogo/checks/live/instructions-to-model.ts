/** What in a description speaks to the model instead of describing. Named as what it is. */
const SUSPICIOUS: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  {
    what: 'overrides instructions',
    pattern:
      /\b(ignore|disregard|forget|override)\b.{0,40}\b(previous|prior|above|other|all|any|earlier|system)\b/i,
  },
  {
    what: 'speaks of the prompt',
    pattern: /\bsystem (prompt|message)\b|\b(developer|hidden) (message|instructions?)\b/i,
  },
  {
    what: 'orders a call',
    pattern:
      /\b(always|must|should|first|before|instead of|whenever)\b.{0,60}\b(call|use|invoke|run|send|read|pass|include|fetch)\b.{0,60}\b(tool|function|file|notes?|content|conversation|secret|token|key|password|it)\b/i,
  },
  {
    what: 'orders silence',
    pattern:
      /\b(do not|don't|never|without)\b.{0,30}\b(tell|mention|reveal|inform|show|telling|mentioning|notify|ask)/i,
  },
  {
    what: 'plays a role of the conversation',
    pattern:
      /(^|\n)\s*(system|assistant|user|human)\s*:|<\|?\/?(system|important|instructions?|im_start|im_end|assistant)\b/i,
  },
  {
    what: 'asks for secrets',
    pattern: /\b(api.?keys?|passwords?|credentials?|private keys?|id_rsa|\.env|\.ssh|access tokens?)\b/i,
  },
  { what: 'names an address to send to', pattern: /\b(https?:\/\/|[\w.+-]+@[\w-]+\.[a-z]{2,})/i },
  {
    what: 'hides characters',
    pattern: /[\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\u00ad]|[\u{e0000}-\u{e007f}]/u,
  },
  { what: 'holds something encoded', pattern: /[A-Za-z0-9+/]{60,}={0,2}/ },
]

const MOST_CHARS = 1024

/** What is wrong with a text that a model reads as a description; null where nothing is. */
export function suspicionOf(text: string): string | null {
  // Letters of other alphabets that look like Latin ones are read as those; spaces and marks between words count as one.
  const plain = text.normalize('NFKC').replace(/[\s_*`]+/g, ' ')
  const found = SUSPICIOUS.find(({ pattern }) => pattern.test(text) || pattern.test(plain))
  if (found) return found.what
  return text.length > MOST_CHARS ? `is ${text.length} characters long` : null
}

/** Every text in a tool's declaration that a model reads: descriptions, titles, examples, names of enums, at any depth. */
export function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    key === '$schema' || key === '$ref' || key === 'pattern' ? [] : [key, ...textsIn(inner)],
  )
}
