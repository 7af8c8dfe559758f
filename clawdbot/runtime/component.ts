import { Hono } from 'hono'
import type { DestinationStream } from 'pino'
import type { ProcessSettings } from './configuration.ts'
import { type DrainState, type Listening, listen } from './listen.ts'
import { createLog, type Log } from './log.ts'
import { createMetrics, type ProcessMetrics } from './metrics.ts'
import {
  answerUnknown,
  errorHandler,
  type ObservedVariables,
  observeRequests,
  requestLogger,
} from './observe.ts'
import { healthBody, type Readiness, readyBody } from './probes.ts'
import { ProblemError } from './problem.ts'
import type { Running } from './run.ts'

/** Who a process is, in its log, its metrics and its probes. */
export interface Identity {
  component: string
  version: string
  instance: string
}

/** What every process is made of, whatever it serves. */
export interface Component {
  settings: ProcessSettings
  identity: Identity
  log: Log
  metrics: ProcessMetrics
  drain: DrainState
}

/** A started process: where it answers, and how it stops. */
export type Started = Running & Pick<Listening, 'url'>

export function createComponent(
  name: string,
  settings: ProcessSettings,
  logStream?: DestinationStream,
): Component {
  const version = settings.CLAWDBOT_VERSION
  const identity = { component: name, version, instance: settings.INSTANCE ?? `${name}-${process.pid}` }
  const log = createLog({ ...identity, level: settings.LOG_LEVEL }, logStream)
  return { settings, identity, log, metrics: createMetrics(identity), drain: { draining: false } }
}

/** The app of a process behind the gateway: probes and metrics, problems, one log line a request. */
export function createInternalApp(component: Component, readiness: () => Readiness | Promise<Readiness>) {
  const { identity, log, metrics, drain } = component
  const app = new Hono<{ Variables: ObservedVariables }>()
  app.use(observeRequests(metrics, requestLogger(log)))
  app.get('/health', (c) => c.json(healthBody(identity)))
  app.get('/ready', async (c) => {
    const { code, body } = readyBody(identity, drain, await readiness())
    return c.json(body, code)
  })
  app.get('/metrics', async (c) => {
    return c.body(await metrics.registry.metrics(), 200, { 'content-type': metrics.registry.contentType })
  })
  app.notFound(answerUnknown)
  app.onError(errorHandler(log))
  return app
}

/** Serves the app of a component; `release` runs when the last request is done. */
export async function startComponent(
  component: Component,
  fetch: (request: Request) => Response | Promise<Response>,
  release: () => void | Promise<void> = () => undefined,
): Promise<Started> {
  const { settings, log, drain } = component
  const listening = await listen({
    fetch,
    host: settings.HOST,
    port: settings.PORT,
    drain,
    drainDelayMs: settings.DRAIN_DELAY_MS,
    drainTimeoutMs: settings.DRAIN_TIMEOUT_MS,
    log,
  })
  const close = async () => {
    const cut = await listening.close()
    await release()
    return cut
  }
  return { url: listening.url, log, close }
}

/** Reads a JSON body; what is not JSON is the fault of the caller. */
export async function readJson(request: { json(): Promise<unknown> }): Promise<unknown> {
  try {
    return await request.json()
  } catch {
    throw badRequest('the body is not valid JSON')
  }
}

/** A request that cannot be served as it is. */
export function badRequest(detail: string): ProblemError {
  return new ProblemError({ status: 400, code: 'bad_request', title: 'Bad request', detail })
}
