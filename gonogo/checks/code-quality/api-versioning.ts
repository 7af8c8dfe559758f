import { type ApiChange, type OpenApi, operationsOf } from '#connectors/openapi/index.ts'

const PREFIX = /^\/v(\d+)(\/.*)$/

/**
 * True when an operation that stable called deprecated is gone, and stands under a newer version prefix in the release:
 * its clients were told, and have somewhere to go. Any other breaking change under a prefix breaks that version.
 */
export function movedToNewerPrefix(change: ApiChange, before: OpenApi, after: OpenApi): boolean {
  const { path, method } = change
  if (!change.removesOperation || path === null) return false
  const old = PREFIX.exec(path)
  const wasDeprecated = operationsOf(before).some(
    (o) => o.path === path && o.method === method && o.deprecated,
  )
  if (!old || !wasDeprecated) return false
  return operationsOf(after).some((operation) => {
    const young = PREFIX.exec(operation.path)
    return operation.method === method && young?.[2] === old[2] && Number(young?.[1]) > Number(old[1])
  })
}
