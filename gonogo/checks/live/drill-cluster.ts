import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

type Labels = Readonly<Record<string, string>>
/** An object as a manifest has it; the stand-in gives it an id and an age. */
export type DrillObject = {
  readonly kind: string
  readonly metadata: { readonly name: string; readonly namespace?: string; readonly labels?: Labels }
} & Record<string, unknown>

export type DrillWorld = {
  readonly objects: readonly DrillObject[]
  /** Answers by path that are no objects: the version, what a kubelet tells. */
  readonly texts: Readonly<Record<string, string | (() => string)>>
  /** What nobody may do: a path, or `verb resource`. */
  readonly forbidden?: readonly string[]
  /** The name behind a token; one for everybody by default. */
  readonly names?: Readonly<Record<string, string>>
  /** What a pod that is made writes before it ends; by its name. */
  readonly podSays?: (pod: string) => string
  /** What stands there once something was made: itself, first, and what the cluster makes of it. */
  readonly becomes?: (made: DrillObject) => readonly [DrillObject, ...DrillObject[]]
}

const PATH =
  /^\/(?:api\/v1|apis\/(?<group>[^/]+)\/[^/]+)(?:\/namespaces\/(?<namespace>[^/]+)(?=\/))?\/(?<plural>[a-z]+)(?:\/(?<name>[^/]+))?$/

/** A stand-in for a cluster's API on 127.0.0.1: it answers what objects are there, and lets pods be made that end at once. */
export async function startDrillCluster(world: DrillWorld) {
  const made: DrillObject[] = []
  const objects = () => [...world.objects, ...made]
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '/', 'http://cluster')
    const token = request.headers.authorization?.replace('Bearer ', '') ?? ''
    const told = world.texts[pathname]
    if (told !== undefined) return void response.end(typeof told === 'string' ? told : told())
    if (world.forbidden?.includes(pathname)) return answer(response, 403, { message: 'forbidden' })
    // As a server does for an API, or a version of one, that it has not.
    if (/^\/apis\/[^/]+\/[^/]+$/.test(pathname)) return answer(response, 404, { message: `no ${pathname}` })
    const { plural = '', name, namespace } = PATH.exec(pathname)?.groups ?? {}
    if (plural.endsWith('reviews')) return review(world, token, plural, request, response)
    const here = objects().filter(
      (one) => pluralOf(one) === plural && (!namespace || one.metadata.namespace === namespace),
    )
    if (request.method === 'POST') return make(world, made, request, response)
    if (request.method === 'DELETE') return answer(response, 200, {})
    if (name === undefined) {
      const chosen = here.filter((one) => matches(one, searchParams.get('labelSelector') ?? ''))
      return answer(response, 200, { metadata: {}, items: chosen.map(whole) })
    }
    const found = here.find((one) => one.metadata.name === name)
    return found ? answer(response, 200, whole(found)) : answer(response, 404, { message: `no ${pathname}` })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections()
      server.close(() => resolve())
    })
  return { url, close }
}

async function review(
  world: DrillWorld,
  token: string,
  plural: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { spec } = JSON.parse(await text(request)) as {
    spec?: { resourceAttributes: { verb: string; resource: string; subresource?: string } }
  }
  const { verb, resource, subresource } = spec?.resourceAttributes ?? { verb: '', resource: '' }
  const what = `${verb} ${resource}${subresource ? `/${subresource}` : ''}`
  const status = plural.startsWith('selfsubjectaccess')
    ? { allowed: !(world.forbidden ?? []).includes(what) }
    : { userInfo: { username: world.names?.[token] ?? 'deployer' } }
  answer(response, 201, { status })
}

async function make(
  world: DrillWorld,
  made: DrillObject[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const asked = JSON.parse(await text(request)) as DrillObject
  const objects = world.becomes?.(asked) ?? ended(world, asked)
  made.push(...objects)
  answer(response, 201, whole(objects[0]))
}

function ended(world: DrillWorld, pod: DrillObject): readonly [DrillObject] {
  const message = world.podSays?.(pod.metadata.name) ?? ''
  const containerStatuses = [{ state: { terminated: { message } } }]
  return [{ ...pod, status: { phase: 'Succeeded', containerStatuses } }]
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

const whole = (one: DrillObject) => ({
  ...one,
  metadata: { uid: `uid-${one.metadata.name}`, creationTimestamp: '2026-01-01T00:00:00Z', ...one.metadata },
})

const pluralOf = ({ kind }: DrillObject): string =>
  kind.endsWith('y') ? `${kind.slice(0, -1).toLowerCase()}ies` : `${kind.toLowerCase()}s`

const matches = ({ metadata: { labels = {} } }: DrillObject, selector: string): boolean =>
  selector
    .split(',')
    .filter(Boolean)
    .every((one) => {
      const [key = '', value] = one.split('=')
      return value === undefined ? key in labels : labels[key] === value
    })
