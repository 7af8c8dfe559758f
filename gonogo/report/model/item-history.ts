import type { CheckSettled, Recorded } from '#core/events.ts'
import type { Verdict } from '#core/verdict.ts'
import { iso, utc } from '../wording.ts'

const WORDS: Readonly<Record<Verdict, string>> = { pass: 'passed', fail: 'failed', unknown: 'unknown' }

/** Each change of an item's verdict as "was X, now Y"; none while it always said the same. */
export function historyOf(events: readonly Recorded[], item: string): string[] {
  const results = events.filter(
    (r): r is Recorded<CheckSettled> => r.event.type === 'checkSettled' && r.event.item === item,
  )
  return results.slice(1).flatMap((now, index) => {
    const was = results[index]
    if (!was || was.event.verdict === now.event.verdict) return []
    return [`was ${said(was)}, now ${said(now)} at ${utc(iso(now.at))}`]
  })
}

const said = ({ event }: Recorded<CheckSettled>): string => `${WORDS[event.verdict]} “${event.summary}”`
