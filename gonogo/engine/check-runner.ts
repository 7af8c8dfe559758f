import type { Check, CheckContext, CheckResult, EvidenceRef } from '#checks/check.ts'
import { CheckProblem } from '#checks/check.ts'
import { formatDuration } from '#core/duration.ts'
import type { CheckSettled } from '#core/events.ts'
import { canonicalJson, digestOf, wellFormed } from '#core/json.ts'
import { redact } from '#evidence/redaction.ts'

const DEFAULT_LIMIT_MS = 60_000
const MAX_SUMMARY = 500

/**
 * Runs one check to an event. Never throws: what cannot be read, hangs or breaks is `unknown` with the reason. A run that
 * outlives its limit is ended by the signal and no longer waited for.
 */
export async function runCheck(
  check: Check,
  config: unknown,
  context: Omit<CheckContext, 'signal'>,
  stop: AbortSignal,
): Promise<CheckSettled> {
  const started = performance.now()
  const kept: EvidenceRef[] = []
  const keep: CheckContext['keep'] = async (...what) => {
    const ref = await context.keep(...what)
    kept.push(ref)
    return ref
  }
  const result = await settle(check, config, { ...context, keep }, stop)
  const claimDigest = digestOf({ verdict: result.verdict, claim: result.claim })
  return {
    type: 'checkSettled',
    item: check.id,
    verdict: result.verdict,
    summary: redact(result.summary).slice(0, MAX_SUMMARY),
    claim: result.claim,
    claimDigest,
    source: redact(result.source),
    population: result.population ?? null,
    evidence: uniqueOf([...(result.evidence ?? []), ...kept]),
    blanks: result.blanks ?? {},
    durationMs: Math.round(performance.now() - started),
    evidenceAtMs: result.evidenceAtMs ?? null,
  }
}

/** What a check kept belongs to its result, whether it names it or not. */
const uniqueOf = (refs: readonly EvidenceRef[]): EvidenceRef[] => [
  ...new Map(refs.map((ref) => [`${ref.digest} ${ref.name}`, ref])).values(),
]

async function settle(
  check: Check,
  config: unknown,
  context: Omit<CheckContext, 'signal'>,
  stop: AbortSignal,
): Promise<CheckResult> {
  const parsed = check.config.safeParse(config ?? {})
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    return unknownBecause(`checks: "${check.id}": ${issue?.path.join('.')}: ${issue?.message}`)
  }
  const limitMs = check.limitMs ?? DEFAULT_LIMIT_MS
  const ended = new AbortController()
  const timer = setTimeout(() => ended.abort(), limitMs)
  const signal = AbortSignal.any([ended.signal, stop])
  try {
    const tooLong = new Promise<CheckResult>((resolve) => {
      ended.signal.addEventListener(
        'abort',
        () => resolve(unknownBecause(`no answer within ${formatDuration(limitMs)}; the check was ended`)),
        { once: true },
      )
    })
    const result = await Promise.race([check.run({ ...context, signal }, parsed.data), tooLong])
    if (!isSound(result)) return unknownBecause('the check gave no usable answer')
    const told = wellFormed(result)
    canonicalJson([told.claim, told.blanks ?? {}])
    return told
  } catch (error) {
    return unknownBecause(describe(error))
  } finally {
    clearTimeout(timer)
    ended.abort()
  }
}

const isSound = (result: CheckResult): boolean =>
  ['pass', 'fail', 'unknown'].includes(result.verdict) &&
  result.summary.length > 0 &&
  result.claim !== undefined

function describe(error: unknown): string {
  if (error instanceof CheckProblem) return error.message
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return `the check broke: ${message.split('\n')[0]}`
}

const unknownBecause = (reason: string): CheckResult => ({
  verdict: 'unknown',
  summary: reason,
  claim: { unknown: reason },
  source: 'the check itself',
})
