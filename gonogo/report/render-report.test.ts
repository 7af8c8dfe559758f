import { describe, expect, it } from 'vitest'
import { itemsOf } from '#core/checklist.ts'
import { LogWriter } from './fixture/log-writer.ts'
import { openDeployment } from './fixture/opening.ts'
import { rolledBackDeployment } from './fixture/rolled-back.ts'
import { successfulDeployment } from './fixture/success.ts'
import { renderReport } from './index.ts'
import type { ReportModel } from './model/report-model.ts'

const success = successfulDeployment()
const rolledBack = rolledBackDeployment()
const forms = [renderReport(success), renderReport(rolledBack)]
const [good, bad] = forms as [ReturnType<typeof renderReport>, ReturnType<typeof renderReport>]

describe('the report', () => {
  it('is the same bytes for the same log', () => {
    expect(renderReport(successfulDeployment())).toEqual(good)
  })

  it('holds every item of the document, in its order, in all three forms', () => {
    const ids = itemsOf(success.checklist).map(({ item }) => item.id)
    const inHtml = [...good.html.matchAll(/<li class="item \w+" id="i-([^"]+)"/g)].map((m) => m[1])
    expect(inHtml).toEqual(ids)
    const inMarkdown = [...good.markdown.matchAll(/^- \S+ [a-z ]+ \*\*([\w.]+)\*\*/gm)].map((m) => m[1])
    expect(inMarkdown).toEqual(ids)
    const model: ReportModel = JSON.parse(good.json)
    const inJson = model.phases.flatMap((p) => p.sections.flatMap((s) => s.items.map((i) => i.id)))
    expect(inJson).toEqual(ids)
  })

  it('keeps the wording of every item and blank', () => {
    const unescaped = (text: string) =>
      text
        .replaceAll('&quot;', '"')
        .replaceAll('&#39;', "'")
        .replaceAll('&lt;', '<')
        .replaceAll('&gt;', '>')
        .replaceAll('&amp;', '&')
    const html = unescaped(good.html)
    for (const { item } of itemsOf(success.checklist)) expect(html).toContain(item.title)
    for (const phase of success.checklist.phases)
      for (const section of phase.sections)
        for (const blank of section.blanks) expect(html).toContain(blank.label)
  })

  it('asks nothing of a network', () => {
    for (const { html } of forms) {
      expect(html).not.toMatch(/<(script|link|img|iframe|object|embed)\b/i)
      expect(html).not.toMatch(/(src|href)="(?!#)/)
      expect(html).not.toMatch(/url\((?!#)/)
      expect(html).not.toContain('@import')
    }
  })

  it('escapes what a check found', () => {
    expect(good.html).not.toContain('<script>')
    expect(good.html).toContain('&lt;script&gt;alert(1)')
    expect(good.markdown).not.toContain('<script>')
  })

  it('never shows an empty cell, an undefined or a NaN', () => {
    for (const { html, markdown } of forms) {
      expect(html).not.toMatch(/undefined|NaN|\[object|>null</)
      expect(html).not.toMatch(/<(td|dd)( [^>]*)?>\s*<\/\1>/)
      expect(markdown).not.toMatch(/undefined|NaN|\[object/)
    }
  })

  it('has no id twice, and no link to nowhere', () => {
    for (const { html } of forms) {
      const ids = [...html.matchAll(/ id="([^"]+)"/g)].map((m) => m[1])
      expect(new Set(ids).size).toBe(ids.length)
      for (const [, aim] of html.matchAll(/href="#([^"]+)"/g)) expect(ids).toContain(aim)
    }
  })

  it('scopes every table head and titles every plot', () => {
    for (const { html } of forms) {
      expect(html).not.toMatch(/<th>/)
      const plots = [
        ...html.matchAll(/<svg[^>]*role="img"[^>]*>\s*<title [^>]*>[^<]+<\/title><desc [^>]*>[^<]+<\/desc>/g),
      ]
      expect(plots).toHaveLength([...html.matchAll(/<svg/g)].length)
    }
  })

  it('tells a rollback by its cause, its numbers and its harm', () => {
    expect(bad.html).toContain('Incident Report')
    expect(bad.html).toContain('errors 3.04 % against 0.02 %')
    expect(bad.html).toContain('38 ms after the decision')
    expect(JSON.parse(bad.json).incident).toMatchObject({
      failedRequests: 149,
      restored: 'yes',
      detectedAfter: '72.4 s',
    })
    expect(good.html).not.toContain('Incident Report')
  })

  it('is written of a deployment that has only just been opened', () => {
    const log = new LogWriter(Date.parse('2026-11-23T13:12:00Z'))
    openDeployment(log)
    const { html, json } = renderReport({
      ...success,
      state: log.state,
      events: log.events,
      samples: [],
      now: log.now,
      chainHead: '',
      bundle: null,
    })
    expect(html).toContain('In progress')
    expect(html).not.toMatch(/undefined|NaN|\[object|>null</)
    expect(JSON.parse(json)).toMatchObject({ status: 'open', incident: null, evidence: [] })
  })

  it('is written of a first deployment, which has no version before', () => {
    const opened = { ...success.state.opened, stable: null }
    const { html } = renderReport({ ...success, state: { ...success.state, opened }, samples: [] })
    expect(html).toContain('first deployment: no version before')
    expect(html).toContain('there is no baseline, so the fixed limit alone counts')
  })

  it('names what nobody gave in the runbook, and uses what was given', () => {
    expect(good.html).toContain('curl -v &lt;url: not recorded&gt;/health')
    const place = {
      target: 'kubernetes',
      names: { url: 'https://api.clawdbot.example.com', namespace: 'clawdbot-prod' },
      contacts: { securityVendor: { name: 'Vendor desk', contact: '+49 30 1' } },
    }
    const { html } = renderReport({ ...success, place })
    expect(html).toContain('curl -v https://api.clawdbot.example.com/health')
    expect(html).toContain('kubectl get pods -n clawdbot-prod')
    expect(html).toContain('Vendor desk')
  })
})
