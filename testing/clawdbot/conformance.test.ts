import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { unsandboxed } from '../../clawdbot/skills/host/sandbox.ts'
import { putSkill, type SkillsStand, startSkillsStand } from '../../clawdbot/testing/skills-stand.ts'

const CONFORMANCE = fileURLToPath(
  new URL('../../node_modules/@modelcontextprotocol/conformance/dist/index.js', import.meta.url),
)

const NO_RESOURCES = 'skills serve tools and no resources'
const NO_PROMPTS = 'skills serve tools and no prompts'
const NO_REQUESTS = 'a skill may ask nothing of the client: no sampling, no elicitation, no roots'
const TEXT_ONLY = 'a skill answers text; anything else is dropped, because agents read text'

/** What is not passed, and why. A scenario that fails without standing here fails the test; so does one that passes. */
const NOT_PASSED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  '2025-11-25': {
    'logging-set-level': 'servers log to their operator, not to clients',
    'completion-complete': NO_PROMPTS,
    'tools-call-image': TEXT_ONLY,
    'tools-call-audio': TEXT_ONLY,
    'tools-call-embedded-resource': TEXT_ONLY,
    'tools-call-mixed-content': TEXT_ONLY,
    'tools-call-with-logging': 'servers log to their operator, not to clients',
    'tools-call-with-progress': 'a call ends within seconds; it tells no progress',
    'tools-call-sampling': NO_REQUESTS,
    'tools-call-elicitation': NO_REQUESTS,
    'elicitation-sep1034-defaults': NO_REQUESTS,
    'elicitation-sep1330-enums': NO_REQUESTS,
    'server-sse-multiple-streams':
      'the server keeps no sessions, which clients of this revision need for streams',
    'resources-list': NO_RESOURCES,
    'resources-read-text': NO_RESOURCES,
    'resources-read-binary': NO_RESOURCES,
    'resources-templates-read': NO_RESOURCES,
    'resources-subscribe': NO_RESOURCES,
    'resources-unsubscribe': NO_RESOURCES,
    'prompts-list': NO_PROMPTS,
    'prompts-get-simple': NO_PROMPTS,
    'prompts-get-with-args': NO_PROMPTS,
    'prompts-get-embedded-resource': NO_PROMPTS,
    'prompts-get-with-image': NO_PROMPTS,
  },
  '2026-07-28': {
    'server-stateless': 'four of its 28 checks call test tools that sample, or that change prompts',
    caching: `three of its checks list resources and prompts; ${NO_RESOURCES}`,
    'completion-complete': NO_PROMPTS,
    'tools-call-image': TEXT_ONLY,
    'tools-call-audio': TEXT_ONLY,
    'tools-call-embedded-resource': TEXT_ONLY,
    'tools-call-mixed-content': TEXT_ONLY,
    'tools-call-with-progress': 'a call ends within seconds; it tells no progress',
    'resources-list': NO_RESOURCES,
    'resources-read-text': NO_RESOURCES,
    'resources-read-binary': NO_RESOURCES,
    'resources-templates-read': NO_RESOURCES,
    'sep-2164-resource-not-found': NO_RESOURCES,
    'prompts-list': NO_PROMPTS,
    'prompts-get-simple': NO_PROMPTS,
    'prompts-get-with-args': NO_PROMPTS,
    'prompts-get-embedded-resource': NO_PROMPTS,
    'prompts-get-with-image': NO_PROMPTS,
    'input-required-result-missing-input-response': NO_REQUESTS,
    'input-required-result-ignore-extra-params': NO_REQUESTS,
    'input-required-result-basic-elicitation': NO_REQUESTS,
    'input-required-result-basic-sampling': NO_REQUESTS,
    'input-required-result-basic-list-roots': NO_REQUESTS,
    'input-required-result-request-state': NO_REQUESTS,
    'input-required-result-multiple-input-requests': NO_REQUESTS,
    'input-required-result-multi-round': NO_REQUESTS,
    'input-required-result-non-tool-request': NO_REQUESTS,
    'input-required-result-result-type': NO_REQUESTS,
    'input-required-result-tampered-state': NO_REQUESTS,
    'input-required-result-capability-check': NO_REQUESTS,
  },
}

const FIXTURE = `import { z } from '${import.meta.resolve('zod')}'
import { serveSkill, tool } from '${fileURLToPath(new URL('../../clawdbot/skills/kit/serve-skill.ts', import.meta.url))}'
serveSkill(import.meta.dirname, {
  test_simple_text: tool({ input: z.object({}), run: () => 'This is a simple text response for testing.' }),
  test_error_handling: tool({
    input: z.object({}),
    run: () => { throw new Error('This tool intentionally returns an error for testing') },
  }),
})
`

let stand: SkillsStand
const folder = mkdtempSync(join(tmpdir(), 'conformance-'))

beforeAll(async () => {
  // The fixture's tools are not locked in, so that this needs no system package; what is tested is the protocol.
  stand = await startSkillsStand({
    sandbox: { available: true },
    change: (host) => ({ ...host, command: unsandboxed }),
  })
  // The scenarios' own tools, as far as a skill of text can serve them.
  putSkill(stand.added, 'conformance', FIXTURE, {
    audience: 'operators',
    tools: ['test_simple_text', 'test_error_handling'].map((name) => ({ name, description: name })),
  })
  const operators = await stand.connect('/operators/mcp')
  await vi.waitUntil(async () => (await stand.names(operators)).includes('test_simple_text'), 15_000)
})
afterAll(async () => {
  await stand.stop()
  rmSync(folder, { recursive: true })
})

const REVISIONS = { '2025-11-25': [], '2026-07-28': ['--requirements', '2026-07-28'] }

test.each(Object.entries(REVISIONS))(
  'the skills server passes the conformance suite of %s, but for what is listed with a reason',
  { timeout: 120_000 },
  async (revision, chosen) => {
    const baseline = join(folder, `${revision}.yml`)
    writeFileSync(
      baseline,
      `server:\n${Object.keys(NOT_PASSED[revision] ?? {})
        .map((name) => `  - ${name}\n`)
        .join('')}`,
    )
    const args = ['server', '--url', `${stand.url}/operators/mcp`, '--expected-failures', baseline, ...chosen]
    const { code, out } = await run(args)
    expect(out).toContain('tools-list')
    expect(code, out.slice(out.indexOf('=== SUMMARY'))).toBe(0)
  },
)

function run(args: readonly string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [CONFORMANCE, ...args],
      { cwd: folder, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out: stdout + stderr }),
    )
  })
}
