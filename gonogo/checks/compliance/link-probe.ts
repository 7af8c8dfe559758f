const LIMIT_MS = 10_000

export type LinkAnswer = { readonly link: string; readonly problem: string | null }

/** Asks a link whether it answers: any 2xx does. A body is not read. */
export async function probeLink(link: string, signal: AbortSignal): Promise<LinkAnswer> {
  try {
    const response = await fetch(link, { signal: AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]) })
    await response.body?.cancel()
    return { link, problem: response.ok ? null : `answers ${response.status}` }
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
    return {
      link,
      problem: `does not answer (${cause instanceof Error ? cause.message || cause.name : String(cause)})`,
    }
  }
}
