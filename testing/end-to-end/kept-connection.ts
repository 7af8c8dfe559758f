import { Agent, request as ask } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'

const PAUSE_MS = 20

export type Answered = { readonly version: string; readonly sentAtMs: number; readonly localPort: number }

/** One user with one connection, which is kept open as long as the router keeps it. */
export function startUser(url: string): { readonly answers: readonly Answered[]; stop(): Promise<void> } {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const answers: Answered[] = []
  let isOn = true
  const asking = (async () => {
    while (isOn) {
      answers.push(await answerOf(agent, `${url}/work`))
      await wait(PAUSE_MS)
    }
  })()
  return {
    answers,
    stop: async () => {
      isOn = false
      await asking
      agent.destroy()
    },
  }
}

function answerOf(agent: Agent, url: string): Promise<Answered> {
  const sentAtMs = Date.now()
  return new Promise((resolve, reject) => {
    const sent = ask(url, { agent, headers: { cookie: 'session=kept' } }, async (response) => {
      const localPort = response.socket.localPort ?? 0
      const body = Buffer.concat(await response.toArray()).toString()
      resolve({ version: JSON.parse(body).version, sentAtMs, localPort })
    })
    sent.on('error', reject).end()
  })
}

/** A request whose end is never sent: whoever has it cannot drain. */
export function holdRequest(url: string): { end(): void } {
  const sent = ask(`${url}/echo`, { method: 'POST' })
  // Its instance is ended in the end, and with it the request.
  sent.on('error', () => undefined)
  sent.write('the beginning')
  return { end: () => sent.destroy() }
}
