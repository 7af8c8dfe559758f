import type { LogRecord } from '#core/record.ts'
import { type BundleProblem, problemAt } from './bundle-problem.ts'
import { LOG_FILE } from './log-files.ts'
import { MANIFEST_FILE, type Manifest, makeManifest, manifestSchema, manifestText } from './manifest.ts'

/** The manifest of a text, or null with what is wrong with it. Never throws. */
export function readManifest(text: string): { manifest: Manifest | null; problems: BundleProblem[] } {
  const tell = (place: string, problem: string) => [problemAt(MANIFEST_FILE, place, problem)]
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return { manifest: null, problems: tell('', 'is not JSON') }
  }
  const parsed = manifestSchema.safeParse(value)
  if (parsed.success) {
    const isExact = manifestText(parsed.data) === text
    return { manifest: parsed.data, problems: isExact ? [] : tell('', 'is not as it was written') }
  }
  const issue = parsed.error.issues[0]
  return { manifest: null, problems: tell(issue?.path.join('.') ?? '', issue?.message ?? 'is no manifest') }
}

/** The manifest's fields that are not what the log and its own list of files give. */
export function verifyManifest(manifest: Manifest, records: readonly LogRecord[]): BundleProblem[] {
  const expected = makeManifest(records, manifest.files)
  const fields: [string, unknown, unknown][] = [
    ['deployment', manifest.deployment, expected.deployment],
    ['chainHead', manifest.chainHead, expected.chainHead],
    ['evidenceRoot', manifest.evidenceRoot, expected.evidenceRoot],
    ...(['records', 'signatures', 'evidence', 'files'] as const).map((name): [string, unknown, unknown] => [
      `checked.${name}`,
      manifest.checked[name],
      expected.checked[name],
    ]),
  ]
  return fields.flatMap(([place, said, found]) =>
    said === found
      ? []
      : [
          problemAt(
            MANIFEST_FILE,
            place,
            `says ${String(said)}; ${LOG_FILE} and the files give ${String(found)}`,
          ),
        ],
  )
}
