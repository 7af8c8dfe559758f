import { expect, it } from 'vitest'
import { codeSpan, escapeMarkdown, lineMarkdown } from './inline-markdown.ts'

it('takes text for text, whatever marks it holds', () => {
  expect(escapeMarkdown('a|b <c> *d* [e](f)\n# g')).toBe('a\\|b \\<c\\> \\*d\\* \\[e\\](f) \\# g')
})

it('fences code by more backticks than it holds', () => {
  expect(codeSpan('a`b')).toBe('`` a`b ``')
  expect(codeSpan('a|b')).toBe('`a\\|b`')
})

it('says in words what was not recorded', () => {
  expect(lineMarkdown([{ missing: '1.3.2 was not reached' }])).toBe('_not recorded: 1.3.2 was not reached_')
})
