import { rm } from 'node:fs/promises'
import type { Server } from 'node:http'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import type { ZodError } from 'zod'
import { callSchema } from '#targets/call.ts'
import { Calls } from '#targets/calls.ts'
import { listenAddress } from '../config.ts'
import { PROTOCOL, type Settings, settingsSchema } from '../protocol.ts'
import { act } from './act.ts'
import type { IdleWatch } from './idle-watch.ts'
import { log } from './log.ts'
import { observe, type World } from './world.ts'

export type ControlHooks = {
  stop(): Promise<void>
  /** A client came, maybe because files had changed. */
  renewCertificate(): void
  /** Told when a call begins and ends. */
  readonly idle: IdleWatch
}

/** Listens on the environment's socket, which only its owner may open. */
export async function listenForControl(path: string, world: World, hooks: ControlHooks): Promise<Server> {
  // The folder is locked, so a socket that is there was left behind by a supervisor that is gone.
  await rm(path, { force: true })
  const server = createAdaptorServer({ fetch: controlApi(world, hooks).fetch }) as Server
  server.requestTimeout = 0
  const mask = process.umask(0o077)
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, resolve)
    })
  } finally {
    process.umask(mask)
  }
  return server
}

function controlApi(world: World, hooks: ControlHooks): Hono {
  const calls = new Calls({
    ledger: () => world.stateFile.state,
    act: (call) => act(world, call),
    save: () => world.stateFile.save(),
  })
  const { router } = world
  return new Hono()
    .use(async (_c, next) => {
      hooks.idle.begin()
      await next()
      hooks.idle.end(Date.now())
    })
    .get('/hello', (c) => c.json({ protocol: PROTOCOL, pid: process.pid }))
    .get('/state', (c) => c.json(observe(world)))
    .get('/samples', (c) => c.json({ atMs: Date.now(), instances: router.samples() }))
    .get('/traffic/:version', (c) => {
      const version = c.req.param('version')
      return c.json({ lastRequestAtMs: router.lastRequestAt(version), inFlight: router.inFlight(version) })
    })
    .post('/settings', async (c) => {
      const adopted = adopt(world, settingsSchema.parse(await c.req.json()))
      hooks.renewCertificate()
      return c.json(adopted)
    })
    .post('/call', async (c) => {
      const parsed = callSchema.safeParse(await c.req.json())
      if (!parsed.success) return c.json(badCall(parsed.error))
      const call = parsed.data
      const outcome = await calls.run(call)
      log(call.method, { key: call.key, outcome })
      return c.json(outcome)
    })
    .post('/stop', async (c) => {
      await hooks.stop()
      return c.json({ ok: true, detail: 'everything ended' })
    })
    .onError((error, c) => {
      log('defect', { path: c.req.path, error: error.stack })
      return c.json({ message: error.message }, 500)
    })
}

function badCall({ issues: [issue] }: ZodError) {
  return { ok: false, code: 'bad-call', detail: `${issue?.path.join('.')}: ${issue?.message}` }
}

/** A service file that changed holds for what is deployed from now on; only the address cannot change while it runs. */
function adopt(world: World, settings: Settings) {
  const [asked, now] = [listenAddress(settings.config.listen), new URL(world.url)]
  const current = listenAddress(world.settings.config.listen)
  const isSame = asked.host === current.host && [0, Number(now.port)].includes(asked.port)
  const tls = settings.config.tls?.listen
  if (tls !== world.settings.config.tls?.listen)
    return {
      ok: false,
      code: 'listen-changed',
      detail: `${world.settings.name} is served ${world.secureUrl ? `at ${world.secureUrl}` : 'without TLS'}; tls.listen: ${tls ?? 'none'} needs it to be stopped first`,
    }
  if (!isSame)
    return {
      ok: false,
      code: 'listen-changed',
      detail: `${world.settings.name} is served at ${world.url}; listen: ${settings.config.listen} needs it to be stopped first`,
    }
  world.settings = settings
  return { ok: true, detail: world.url }
}
