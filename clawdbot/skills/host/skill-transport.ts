import { type ChildProcess, spawn } from 'node:child_process'
import type { Transport } from '@modelcontextprotocol/client'
import type { Command } from './sandbox.ts'

type Message = Parameters<Transport['send']>[0]

/**
 * MCP over the pipes of a child process that is not trusted: what it writes between two messages of the host is counted,
 * and a child that writes more than `outputBytes` is ended.
 */
export class SkillTransport implements Transport {
  onclose?: () => void
  onerror?: (error: Error) => void
  onmessage?: NonNullable<Transport['onmessage']>
  /** Why the child was ended, as soon as it is. */
  ended: string | null = null
  readonly child: ChildProcess
  readonly #outputBytes: number
  #written = 0
  #pending: Buffer[] = []
  #said = ''

  constructor({ command, args, env }: Command, outputBytes: number) {
    this.#outputBytes = outputBytes
    // A group of its own: what an unlocked skill started is ended with it.
    this.child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'], detached: true })
    this.child.once('error', (error) => this.end(error.message))
    this.child.once('close', () => {
      this.ended ??= this.#said.trim().split('\n').at(-1)?.slice(0, 200) || 'it ended by itself'
      this.onclose?.()
    })
  }

  async start(): Promise<void> {
    const { stdin, stdout, stderr } = this.child
    stdin?.on('error', () => undefined)
    stdout?.on('data', (chunk: Buffer) => this.#read(chunk))
    stderr?.on('data', (chunk: Buffer) => {
      if (this.#count(chunk)) this.#said = (this.#said + chunk.toString('utf8')).slice(-2_000)
    })
  }

  async send(message: Message): Promise<void> {
    if (this.ended !== null) throw new Error(this.ended)
    this.#written = 0
    this.child.stdin?.write(`${JSON.stringify(message)}\n`)
  }

  async close(): Promise<void> {
    this.end('it was stopped')
  }

  /** Ends the child and all that it started. */
  end(reason: string): void {
    if (this.ended !== null) return
    this.ended = reason
    const { pid } = this.child
    this.child.stdout?.destroy()
    this.child.stderr?.destroy()
    try {
      if (pid !== undefined) process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended already.
    }
  }

  #count(chunk: Buffer): boolean {
    this.#written += chunk.length
    if (this.#written <= this.#outputBytes) return true
    this.end(`it wrote more than ${this.#outputBytes} bytes`)
    return false
  }

  #read(chunk: Buffer): void {
    if (!this.#count(chunk)) return
    const end = chunk.lastIndexOf(10)
    if (end < 0) return void this.#pending.push(chunk)
    const lines = Buffer.concat([...this.#pending, chunk.subarray(0, end)]).toString('utf8')
    this.#pending = [chunk.subarray(end + 1)]
    for (const line of lines.split('\n')) this.#deliver(line)
  }

  #deliver(line: string): void {
    try {
      this.onmessage?.(JSON.parse(line) as Message)
    } catch (error) {
      this.onerror?.(error as Error)
    }
  }
}
