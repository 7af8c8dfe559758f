import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Check, CheckProblem, pass } from '#checks/check.ts'
import { drillContext } from '#checks/try-drill.ts'
import { runCheck } from './check-runner.ts'

const check = (run: Check['run'], more: Partial<Check> = {}): Check => ({
  id: '9.9.9',
  title: 't',
  config: z.object({ n: z.number() }),
  run,
  ...more,
})
const go = (one: Check, config: unknown = { n: 1 }) =>
  runCheck(one, config, drillContext('/tmp', '9.9.9'), new AbortController().signal)
const found = { claim: 1, source: 'test' }

describe('a check that is run', () => {
  it('is what it says', async () => {
    expect((await go(check(async () => pass('99 days left', found)))).verdict).toBe('pass')
  })

  it('is ended at its limit and unknown when it hangs', async () => {
    const result = await go(check(() => new Promise(() => {}), { limitMs: 20 }))
    expect(result).toMatchObject({
      verdict: 'unknown',
      summary: expect.stringContaining('no answer within 20 ms'),
    })
  })

  it('is unknown with its reason when evidence cannot be used', async () => {
    const result = await go(check(async () => Promise.reject(new CheckProblem('scan.sarif is cut off'))))
    expect(result).toMatchObject({ verdict: 'unknown', summary: 'scan.sarif is cut off' })
  })

  it('is unknown when it breaks, when its configuration is wrong, and when it answers nonsense', async () => {
    expect((await go(check(async () => Promise.reject(new TypeError('x is not a function'))))).verdict).toBe(
      'unknown',
    )
    expect(
      (
        await go(
          check(async () => pass('ok', found)),
          { n: 'one' },
        )
      ).verdict,
    ).toBe('unknown')
    expect((await go(check(async () => ({ ...pass('', found) })))).verdict).toBe('unknown')
  })

  it('is as it was where a text was cut in the middle of a letter, and unknown where its claim is no JSON', async () => {
    const cut = { ...found, claim: { line: 'a \ud83d' }, source: 'log \ud83d' }
    const told = await go(check(async () => pass('seen \ud83d', cut)))
    expect(told).toMatchObject({ verdict: 'pass', claim: { line: 'a \ufffd' }, summary: 'seen \ufffd' })
    const none = await go(check(async () => pass('ok', { ...found, claim: { share: Number.NaN } })))
    expect(none.verdict).toBe('unknown')
  })

  it('keeps secrets out of what it says', async () => {
    const result = await go(check(async () => pass('sent Authorization: Bearer abcdefghijklmnop', found)))
    expect(result.summary).not.toContain('abcdefghijklmnop')
  })

  it('has the same claim digest for the same finding', async () => {
    const one = await go(check(async () => pass('1 of 1', found)))
    const two = await go(check(async () => pass('said otherwise', { ...found, source: 'elsewhere' })))
    expect(one.claimDigest).toBe(two.claimDigest)
  })
})
