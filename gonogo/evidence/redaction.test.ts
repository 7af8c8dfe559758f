import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { redact } from './redaction.ts'

describe('what looks like a secret', () => {
  it.each([
    ['Authorization: Bearer abc.def.ghi', 'Authorization: Bearer [redacted]'],
    ['-H "Authorization: Basic dXNlcjpwYXNz"', '-H "Authorization: Basic [redacted]"'],
    ['sent bearer 9f8e7d6c5b4a', 'sent bearer [redacted]'],
    ['jwt eyJhbGciOiJI.eyJzdWIi.c2ln end', 'jwt [redacted token] end'],
    ['key AKIAIOSFODNN7EXAMPLE', 'key [redacted key id]'],
    ['AWS_SECRET_ACCESS_KEY=abcd/efg+hij', 'AWS_SECRET_ACCESS_KEY=[redacted]'],
    [`ghp_${'a1'.repeat(18)}`, '[redacted token]'],
    [`sk-proj-${'a1'.repeat(10)}`, '[redacted token]'],
    ['password=hunter2&user=bo', 'password=[redacted]&user=bo'],
    ['{"db_password": "a \\"b\\" c", "n": 2}', '{"db_password":"[redacted]","n":2}'],
    ['{\n  "apiKey": "x",\n  "n": 2\n}', '{\n  "apiKey": "[redacted]",\n  "n": 2\n}\n'],
    ['{"secret":"x"}\n{"n": 1}\n', '{"secret":"[redacted]"}\n{"n": 1}\n'],
    ['log {"db_password": "a \\"b\\" c", "n": 2}', 'log {"db_password": "[redacted]", "n": 2}'],
    ['{"password":12345,"n":2}', '{"password":"[redacted]","n":2}'],
    ['{"said":"{\\"secret\\":\\"x y\\",\\"n\\":1}"}', '{"said":"{\\"secret\\":\\"[redacted]\\",\\"n\\":1}"}'],
    ["passwd = 'it is long'", "passwd = '[redacted]'"],
    ['{"password":"cut o', '{"password":"[redacted]"'],
    ['run --password hunter2 --now', 'run --password [redacted] --now'],
    ['postgres://app:pw@db/x', 'postgres://app:[redacted]@db/x'],
    ['Set-Cookie: sid=1; Secure', 'Set-Cookie: [redacted]'],
    [
      'a\n-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl\n-----END OPENSSH PRIVATE KEY-----\nz',
      'a\n[redacted private key]\nz',
    ],
    ['-----BEGIN RSA PRIVATE KEY-----\ncut off', '[redacted private key]'],
  ])('%j becomes %j', (text, clean) => {
    expect(redact(text)).toBe(clean)
    expect(redact(clean)).toBe(clean)
  })

  it.each([
    'secrets: none found',
    '{"max_tokens":4096,"tokens":12,"tokenCount":123456789}',
    'the password was reset 3 days ago',
    'secretName: clawdbot-tls',
    'basic understanding; bearer of news',
    'sk-ssh-ed25519@openssh.com AAAAGnNr',
    'https://example.com/a:b@c',
    'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    '99 days left; 12 of 12 commits',
  ])('%j stays as it is', (text) => {
    expect(redact(text)).toBe(text)
  })
})

describe('a known secret', () => {
  const secret = 'p/w "x" ü'

  it('goes in each of its spellings', () => {
    const spellings = [secret, JSON.stringify({ a: secret }), encodeURIComponent(secret)]
    for (const text of [...spellings, Buffer.from(secret).toString('base64')])
      expect(redact(`> ${text} <`, [secret])).toMatch(/^> .{0,7}\[redacted\].{0,2} <$/)
  })

  it('that is too short to be told from words is left', () => {
    expect(redact('an apple', ['an'])).toBe('an apple')
  })
})

it('JSON with secrets in it stays JSON, and a second pass changes nothing', () => {
  const key = fc.constantFrom('password', 'api_key', 'token', 'secret', 'name', 'authorization', 'cookie')
  const piece = fc.oneof(
    fc.constantFrom(
      'password=',
      'token:',
      ' --token ',
      'cookie: ',
      'Authorization: ',
      'Bearer ',
      'x://u:',
      '@',
    ),
    fc.constantFrom('"', "'", '\\', '\n', '{"secret":"', '"}', '12345678', 'a1b2c3d4e5'),
    fc.string(),
  )
  const text = fc.array(piece, { maxLength: 6 }).map((pieces) => pieces.join(''))
  const value = fc.oneof(text, fc.integer(), fc.boolean(), fc.constant(null))
  fc.assert(
    fc.property(
      fc.dictionary(key, value, { noNullPrototype: true }),
      fc.constantFrom(0, 2),
      (object, indent) => {
        const clean = redact(JSON.stringify(object, null, indent))
        expect(() => JSON.parse(clean)).not.toThrow()
        expect(redact(clean)).toBe(clean)
      },
    ),
    { numRuns: 2000 },
  )
})

it('takes time in proportion to the text, whatever stands in it', () => {
  for (const text of ['password', 'eyJaaaaaaaa-', 'token="', 'cookie: "', 'password:\\"', 'x://', 'bearer '])
    expect(measureMs(() => redact(text.repeat(50_000)))).toBeLessThan(2000)
})

function measureMs(work: () => void): number {
  const started = performance.now()
  work()
  return performance.now() - started
}
