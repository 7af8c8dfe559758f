import { AUTOMATIC } from '../model/incident.ts'
import type { ReportModel } from '../model/report-model.ts'
import { type Block, heading, type Line, recorded, table } from './blocks.ts'

/** For a rollback: what happened, why, the numbers, the harm. Nothing where none happened. */
export function incidentPart({ incident, subject }: ReportModel): Block[] {
  if (!incident) return []
  const { canary, baseline } = incident
  return [
    heading(2, 'Incident Report', 'incident'),
    {
      kind: 'facts',
      facts: [
        { label: 'Cause', value: [{ strong: incident.criterion }, `: ${incident.cause}`] },
        {
          label: 'Root cause',
          value: recorded(
            incident.rootCause,
            'the log knows the trigger only; a person signs it with gonogo root-cause',
          ),
        },
        { label: 'Decided', value: [{ at: incident.decidedAt }, ` by ${incident.decidedBy}`] },
        { label: 'Authorised afterwards', value: authorised(incident) },
        {
          label: 'Detected',
          value: recorded(
            incident.detectedAfter
              ? `${incident.detectedAfter} after the first request that the new version answered`
              : null,
          ),
        },
        {
          label: 'No traffic on the new version',
          value: recorded(
            incident.trafficZeroAfter ? `${incident.trafficZeroAfter} after the decision` : null,
          ),
        },
        {
          label: 'Completed',
          value: incident.completedAt
            ? [{ at: incident.completedAt }, `, ${incident.minutesToRestore} minutes after the decision`]
            : { missing: 'under way' },
        },
        { label: 'System restored', value: recorded(incident.restored) },
        {
          label: 'Harm: failed requests',
          value: recorded(incident.failedRequests === null ? null : String(incident.failedRequests)),
        },
        {
          label: 'Harm: exposure',
          value: recorded(
            incident.exposure
              ? `${incident.exposure} from the first traffic on ${subject.to.version} to its last`
              : null,
          ),
        },
      ],
    },
    table(
      'Numbers at the decision',
      ['Version', 'Requests', 'Error rate', 'p95'],
      [
        [`${subject.to.version} (new)`, canary.requests, canary.errorRate, canary.p95],
        ...(baseline
          ? [[`${subject.from?.version ?? ''} (before)`, baseline.requests, baseline.errorRate, baseline.p95]]
          : []),
      ],
    ),
    table(
      'What happened, from the first traffic on',
      ['Time', 'Event'],
      incident.timeline.map((e): Line[] => [{ at: e.at }, e.sentence]),
    ),
  ]
}

/** An automatic rollback needs nobody's word; one by a person does, afterwards. */
function authorised({ authorisedBy, decidedBy }: NonNullable<ReportModel['incident']>): Line {
  if (authorisedBy) return authorisedBy
  return decidedBy === AUTOMATIC ? 'not needed: an automatic rollback waits for nobody' : { missing: '' }
}
