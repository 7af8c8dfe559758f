import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join } from 'node:path'
import { McpServer } from '@modelcontextprotocol/server'
import { serveStdio } from '@modelcontextprotocol/server/stdio'
import { z } from 'zod'

/** Asks the host process for something the manifest's permissions grant; answers its text. Throws its refusal. */
export type AskHost = (what: string, input: object) => Promise<string>

/** What a tool does with its input; its name and description are the manifest's. */
export interface SkillTool<I extends z.ZodObject = z.ZodObject> {
  input: I
  run(input: z.output<I>, ask: AskHost): string | Promise<string>
}

/** Where the call's ticket stands in a request: the host knows by it for which user the tool runs. */
export const CALL_META = 'clawdbot/call'

const declared = z.object({
  name: z.string(),
  version: z.string(),
  tools: z.array(z.object({ name: z.string(), description: z.string() })),
})

/** A tool with its input typed. */
export const tool = <I extends z.ZodObject>(made: SkillTool<I>): SkillTool => made as unknown as SkillTool

/** Serves the skill in `folder` as an MCP server on stdin and stdout: what every skill's main.ts calls. */
export function serveSkill(folder: string, tools: Readonly<Record<string, SkillTool>>): void {
  const manifest = declared.parse(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')))
  serveStdio(() => {
    const server = new McpServer({ name: manifest.name, version: manifest.version })
    for (const { name, description } of manifest.tools) {
      const made = tools[name]
      if (made === undefined) throw new Error(`${name} is declared and not made`)
      server.registerTool(name, { description, inputSchema: made.input }, async (input, context) => {
        const ticket = String(context.mcpReq._meta?.[CALL_META] ?? '')
        return answer(() => made.run(input, (what, given) => askHost(ticket, what, given)))
      })
    }
    return server
  })
}

/** A tool that fails says so in its result: the conversation goes on, and the model is told. */
async function answer(run: () => string | Promise<string>) {
  try {
    return { content: [{ type: 'text' as const, text: await run() }] }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return { isError: true, content: [{ type: 'text' as const, text }] }
  }
}

function askHost(ticket: string, what: string, input: object): Promise<string> {
  const socketPath = process.env.HOST_SOCKET
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'x-call': ticket }
    const asked = request({ socketPath, path: `/${what}`, method: 'POST', headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8')
        if (response.statusCode === 200) resolve(text)
        else reject(new Error(text || `the host answers ${response.statusCode}`))
      })
    })
    asked.on('error', reject)
    asked.end(JSON.stringify(input))
  })
}
