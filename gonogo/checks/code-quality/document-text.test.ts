import { describe, expect, test } from 'vitest'
import { holdsVersion, linksOf, namesVersion, proseOf, sectionOf } from './document-text.ts'

describe('a version in a text', () => {
  test.each(['1.2.3', 'v1.2.3', 'Release 1.2.3.', 'notes-1.2.3', 'see 1.2.3, soon', 'notes.1.2.3'])(
    'stands in “%s”',
    (text) => {
      expect(holdsVersion(text, 'v1.2.3')).toBe(true)
    },
  )
  test.each(['1.2.30', '11.2.3', '1.2.3.4', '0.1.2.3', '1.2.3-rc1', '1x2x3'])(
    'does not stand in “%s”',
    (text) => {
      expect(holdsVersion(text, '1.2.3')).toBe(false)
    },
  )
})

test('a document names the version of its heading before that of its path', () => {
  expect(namesVersion('docs/1.2.3.md', '# Migrating\n', '1.2.3')).toBe(true)
  expect(namesVersion('docs/1.2.3.md', '# Migrating to 1.2.2\n', '1.2.3')).toBe(false)
  expect(namesVersion('docs/guide.md', '# Migrating to 1.2.3\n', '1.2.3')).toBe(true)
})

test('a changelog’s section ends where the next version begins', () => {
  const text = '# Log\n\n## 1.2.3\n\nnew\n\n### more\n\nfiner\n\n## 1.2.2\n\nold\n'
  expect(sectionOf(text, '1.2.3')).toContain('finer')
  expect(sectionOf(text, '1.2.3')).not.toContain('old')
  expect(sectionOf(text, '1.2.4')).toBeNull()
})

test('headings, comments and what is still to be written are no prose', () => {
  expect(proseOf('# One two\n\n<!-- three -->\nTODO TBD four — five\n')).toEqual(['four', 'five'])
})

test('links to files are found in both of Markdown’s ways, without anchors and without the web', () => {
  expect(linksOf('[a](b.md#c) [d](https://x.internal) [e][f]\n\n[f]: ./g.md\n')).toEqual(['b.md', './g.md'])
})
