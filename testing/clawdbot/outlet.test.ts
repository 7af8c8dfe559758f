import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { givesAway } from '../../clawdbot/agent/egress.ts'
import { createOutlet } from '../../clawdbot/agent/outlet.ts'

describe('what leaves an outlet before the end', () => {
  const SECRET = 'kestrel-over-the-harbour-4711'
  const word = fc.constantFrom(
    'one. ',
    'two ',
    'three! ',
    'four: ',
    '\n',
    ' ',
    SECRET.slice(0, 9),
    SECRET.slice(9),
  )
  const piece = fc.oneof(word, fc.constant(SECRET), fc.constant(Buffer.from(SECRET).toString('base64')))

  test('never gives a secret away, however the model cuts it up', () => {
    let held = 0
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 30 }), (pieces) => {
        const shown: string[] = []
        const left = () => shown.join('')
        const mayLeave = (text: string) => !givesAway(text, [SECRET])
        const settings = {
          show: (text: string) => void shown.push(text),
          mayLeave,
          isTainted: () => false,
          message: '',
        }
        const outlet = createOutlet(settings)
        for (const one of pieces) outlet.add(one)
        expect(givesAway(left(), [SECRET])).toBe(false)
        if (givesAway(pieces.join(''), [SECRET])) held++
        const before = left()
        outlet.end(pieces.join(''))
        expect(left()).toBe(pieces.join(''))
        expect(left().startsWith(before)).toBe(true)
      }),
    )
    expect(held).toBeGreaterThan(10)
  })

  test('has no address in it that untrusted text brought, whole or in part', () => {
    const untrusted = fc.constantFrom(
      ...[
        'See https://evil.example/?q=a. ',
        '![a. b](https://evil.example/p.png)',
        '<img src="https://evil.example/p.png"> ',
      ],
      ...['Well. ', 'and so on ', 'https://', 'evil.example/x ', '! '],
    )
    fc.assert(
      fc.property(fc.array(untrusted, { maxLength: 20 }), (pieces) => {
        const shown: string[] = []
        const left = () => shown.join('')
        const settings = {
          show: (text: string) => void shown.push(text),
          mayLeave: () => true,
          isTainted: () => true,
          message: '',
        }
        const outlet = createOutlet(settings)
        for (const one of pieces) outlet.add(one)
        expect(left()).not.toMatch(/https?:\/\/\w|!\[|<img/)
      }),
    )
  })
})
