import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { addSkill, type SkillsStand, startSkillsStand } from '../testing/skills-stand.ts'
import { digestOf, manifestSchema, readManifest } from './manifest.ts'

const noSandbox = {
  sandbox: { available: false, reason: 'bubblewrap is not installed; install it' },
} as const

let stand: SkillsStand
let client: Client
let site: Server
let origin = ''

beforeAll(async () => {
  site = createServer((request, response) => {
    if (request.url === '/away') response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end()
    else if (request.url === '/image') response.writeHead(200, { 'content-type': 'image/png' }).end('x')
    else response.writeHead(200, { 'content-type': 'text/plain' }).end('a page')
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  const { port } = site.address() as AddressInfo
  origin = `http://127.0.0.1:${port}`
  stand = await startSkillsStand(noSandbox, { FETCH_HOSTS: `${origin},http://localhost:${port},example.org` })
  client = await stand.connect()
})
afterAll(async () => {
  await stand.stop()
  site.close()
})

describe('without a sandbox', () => {
  test('the trusted skills run, each in a process of its own, and say that they are not locked in', async () => {
    expect(await stand.names(client)).toEqual([
      'web_fetch',
      'notes_add',
      'notes_list',
      'count_words',
      'reverse',
    ])
    const { skills } = await stand.operators()
    expect(skills.map(({ name, sandboxed }) => [name, sandboxed])).toEqual([
      ['fetch', false],
      ['notes', false],
      ['text', false],
    ])
  })

  test('the probe is refused, and so is an added skill, with the way to a sandbox', async () => {
    addSkill(stand.added, 'extra', "return 'hello'")
    await expect
      .poll(async () => (await stand.operators()).refused.map(({ name, reason }) => `${name}: ${reason}`))
      .toEqual([
        expect.stringMatching(/^probe: not trusted.*install it/),
        expect.stringMatching(/^extra: not trusted/),
      ])
    expect(await stand.names(await stand.connect('/operators/mcp'))).toEqual([])
  })
})

describe('notes', () => {
  test('are those of the user that the call names, and of nobody else', async () => {
    expect(await stand.call(client, 'notes_add', { text: 'ann’s secret' })).toMatchObject({ ok: true })
    expect((await stand.call(client, 'notes_list')).text).toBe('- ann’s secret')
    expect((await stand.call(client, 'notes_list', {}, 'ben')).text).toBe('no notes')
  })

  test('a call for nobody is refused, and so is a tool that is not there', async () => {
    expect(await client.callTool({ name: 'notes_list', arguments: {} })).toMatchObject({ isError: true })
    await expect(client.callTool({ name: 'probe_escape', arguments: {} })).rejects.toThrow('there is no tool')
  })

  test('what a tool cannot take is told as the tool’s answer', async () => {
    expect(await stand.call(client, 'notes_add', { text: '' })).toMatchObject({ ok: false })
  })
})

describe('web fetch', () => {
  const page = (url: string) => stand.call(client, 'web_fetch', { url })

  test('reads a page of an allowed origin as text', async () => {
    expect(await page(`${origin}/page`)).toEqual({ ok: true, text: 'a page' })
  })

  test.each([
    ['an origin that is not listed', () => 'http://127.0.0.1:1/', 'not on the allow-list'],
    ['a listed host over plain http', () => 'http://example.org/', 'not on the allow-list'],
    ['a listed host as a password', () => 'https://example.org@127.0.0.1/', 'refused'],
    ['a listed host as a suffix', () => 'https://example.org.evil.example/', 'not on the allow-list'],
    ['a redirect', () => `${origin}/away`, 'points to http://127.0.0.1:1/'],
    ['what is not text', () => `${origin}/image`, 'not text'],
    ['a listed name that leads inside', () => origin.replace('127.0.0.1', 'localhost'), 'an address inside'],
  ])('refuses %s', async (_what, url, said) => {
    const { ok, text } = await page(url())
    expect([ok, text]).toEqual([false, expect.stringContaining(said)])
  })
})

describe('a manifest', () => {
  const folder = mkdtempSync(join(tmpdir(), 'clawdbot-manifest-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  test('is for its files only: one changed byte, and the skill is refused', () => {
    const copy = join(folder, 'text')
    cpSync(join(import.meta.dirname, 'text'), copy, { recursive: true })
    expect(readManifest(copy).name).toBe('text')
    writeFileSync(join(copy, 'more.ts'), '')
    expect(() => readManifest(copy)).toThrow('not those the manifest was made for')
  })

  test('has no digest over a link, which could lead to files of the host', () => {
    symlinkSync('/etc/passwd', join(folder, 'text', 'link'))
    expect(() => digestOf(join(folder, 'text'))).toThrow('neither a file nor a folder')
  })

  test('has a JSON Schema, which is that of the code', () => {
    const written = JSON.parse(readFileSync(join(import.meta.dirname, 'manifest.schema.json'), 'utf8'))
    expect(written).toEqual(z.toJSONSchema(manifestSchema, { io: 'input' }))
  })

  test('is told what it lacks', () => {
    writeFileSync(join(folder, 'manifest.json'), '{"schema": 2, "name": "Bad Name"}')
    expect(() => readManifest(folder)).toThrow(/^manifest.json: name: /)
  })
})
