import { expect, it } from 'vitest'
import { markup, raw } from './markup.ts'
import { cssString } from './print-style.ts'

it('escapes every value and leaves markup as it is', () => {
  expect(
    markup`<p title="${'"><b>'}">${'a & b'}${markup`<i>${'<'}</i>`}${null}${false}${[raw('<hr>'), 'x']}</p>`
      .text,
  ).toBe('<p title="&quot;&gt;&lt;b&gt;">a &amp; b<i>&lt;</i><hr>x</p>')
})

it('lets no text end a string of the style sheet, or the style sheet', () => {
  expect(cssString('a"}</style><b>\n\\')).toBe('"a\\22 \\7d \\3c \\2f style\\3e \\3c b\\3e \\a \\5c "')
})
