import { expect, test } from 'vitest'
import { contactProblem } from './contact.ts'

test.each([
  'dana@clawdbot.internal',
  'mailto:on-call+night@ops.clawdbot.internal',
  '+49 30 2216 4730',
  'tel:+14155550199123',
  '(0) 30/2216-4730',
  'https://support.cloud.internal/case/new',
  '#incidents',
  '@security-on-call',
])('%s looks as if it works', (contact) => {
  expect(contactProblem(contact)).toBeNull()
})

test.each([
  '',
  ' ',
  'TBD',
  'n/a',
  'xxx-xxxx',
  'Dana',
  'dana@example.com',
  'dana@mail.example.org',
  'dana@clawdbot.test',
  'dana@localhost',
  'dana@',
  'a b@c.internal',
  'noreply@clawdbot.internal',
  '12345',
  '0000000000',
  '1234567890',
  '+1 (212) 555-0100',
  'https://example.com/support',
  'https://intranet',
  'http://',
])('“%s” cannot work', (contact) => {
  expect(contactProblem(contact)).not.toBeNull()
})
