import type { DeploymentEvent, Recorded } from '#core/events.ts'
import type { ReportInput } from '../report-input.ts'
import { clock, iso, plural } from '../wording.ts'
import { sentenceOf } from './sentences.ts'

export type TimelineEntry = {
  readonly seq: number
  readonly at: string
  readonly type: DeploymentEvent['type']
  readonly sentence: string
  /** How many events this line stands for; the last of them came at `until`. */
  readonly count: number
  readonly until: string
}

type Group = { first: Recorded; last: Recorded; count: number; samples: number }

/** Every event of the log as one sentence; what repeats the same result is one line with its count. */
export function timelineOf({ events, state }: ReportInput): TimelineEntry[] {
  const groups: Group[] = []
  const open = new Map<string, { group: Group; result: string }>()
  for (const recorded of events) {
    const topic = topicOf(recorded.event)
    const known = topic && open.get(topic)
    const result = resultOf(recorded.event)
    const samples = recorded.event.type === 'samplesSealed' ? recorded.event.count : 0
    if (known && known.result === result) {
      known.group.last = recorded
      known.group.count += 1
      known.group.samples += samples
      continue
    }
    const group: Group = { first: recorded, last: recorded, count: 1, samples }
    groups.push(group)
    if (topic) open.set(topic, { group, result })
  }
  return groups.map((group) => entryOf(group, state))
}

function entryOf({ first, last, count, samples }: Group, state: ReportInput['state']): TimelineEntry {
  const until = iso(last.at)
  const own = sentenceOf(first.event, state)
  const grouped =
    first.event.type === 'samplesSealed'
      ? `${plural(samples, 'sample')} were sealed in ${plural(count, 'digest')}, the last at ${clock(until)}.`
      : `${own} · ${count} times, last at ${clock(until)}`
  return {
    seq: first.seq,
    at: iso(first.at),
    type: first.event.type,
    sentence: count > 1 ? grouped : own,
    count,
    until,
  }
}

/** What repeats: looks at the same item, judgements, seals. Anything else stands alone. */
function topicOf(event: DeploymentEvent): string | null {
  if (event.type === 'checkSettled') return `check ${event.item}`
  if (event.type === 'samplesSealed' || event.type === 'analysisJudged') return event.type
  if (event.type === 'decided' && event.statement.action === 'present')
    return `present ${event.statement.person}`
  return null
}

function resultOf(event: DeploymentEvent): string {
  // What is not known yet counts on in its words: the same words are one line, whatever their numbers.
  if (event.type === 'checkSettled' && event.verdict === 'unknown')
    return `unknown ${event.summary.replace(/\d[\d.,]*( (ms|s|min|h|d)\b)?/g, '#')}`
  if (event.type === 'checkSettled') return `${event.verdict} ${event.claimDigest}`
  if (event.type === 'analysisJudged') return `${event.verdict} ${event.step} ${event.trigger}`
  return ''
}
