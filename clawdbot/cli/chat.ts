import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createParser } from '../text/event-parser.ts'
import { optionsOf } from './options.ts'
import { DATA } from './serve.ts'

/** What a chat reads from and writes to. */
export interface Terminal {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean }
  stdout: NodeJS.WritableStream
  stderr: NodeJS.WritableStream
}

interface Gateway {
  url: string
  token: string
  agent: string
  conversation: string
}

/** What a message came to: an exit code for the whole chat where it cannot go on. */
class ChatEnds extends Error {
  readonly code: number

  constructor(message: string, code: number) {
    super(message)
    this.code = code
  }
}

/**
 * Talks to an agent, a line a message; answers are written as they come. Ends with the input. Resolves with the exit
 * code: 0, 1 refused by the gateway, 2 wrong use, 3 no gateway there.
 */
export async function chat(args: readonly string[], { stdin, stdout, stderr }: Terminal): Promise<number> {
  try {
    const options = optionsOf(args, {
      url: 'http://127.0.0.1:8080',
      'token-file': join(DATA, 'token'),
      agent: 'assistant',
    })
    const { url, agent } = options
    const gateway = {
      url,
      agent,
      token: tokenIn(options['token-file']),
      conversation: `chat-${randomUUID()}`,
    }
    const lines = createInterface({ input: stdin, terminal: false })
    const prompt = () => stdin.isTTY && stdout.write('> ')
    if (stdin.isTTY) stderr.write(`talking to ${agent} at ${url}; Ctrl-D ends\n`)
    prompt()
    for await (const line of lines) {
      if (line.trim() !== '') await say(gateway, line, (text) => stdout.write(text))
      prompt()
    }
    return 0
  } catch (error) {
    stderr.write(`clawdbot chat: ${(error as Error).message}\n`)
    return error instanceof ChatEnds ? error.code : 2
  }
}

function tokenIn(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    throw new ChatEnds(
      `there is no token in ${file}; start clawdbot serve here, or name it with --token-file`,
      2,
    )
  }
}

async function say(gateway: Gateway, text: string, write: (text: string) => void): Promise<void> {
  const { url, agent, token, conversation } = gateway
  const answer = await fetch(new URL(`/v1/agents/${agent}/messages`, url), {
    method: 'POST',
    headers: {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'text/event-stream',
    },
    body: JSON.stringify({ text, conversation }),
  }).catch(() => {
    throw new ChatEnds(`no gateway answers at ${url}; start one with clawdbot serve`, 3)
  })
  if (!answer.ok || answer.body === null) {
    const { detail } = (await answer.json().catch(() => ({}))) as { detail?: string }
    throw new ChatEnds(`the gateway answers ${answer.status}: ${detail ?? 'no reason given'}`, 1)
  }
  let isDone = false
  const parser = createParser(({ event, data }) => {
    const { text: piece = '', fallback, withheld } = JSON.parse(data) as Record<string, string | boolean>
    if (event === 'delta') write(String(piece))
    if (event === 'done') {
      isDone = true
      write(`${fallback ? ' (no model answered)' : ''}${withheld ? ' (withheld)' : ''}\n`)
    }
  })
  const decoder = new TextDecoder()
  for await (const chunk of answer.body) parser(decoder.decode(chunk as Uint8Array, { stream: true }))
  if (!isDone) write('\n(the answer broke off)\n')
}
