import { recorded } from '../document/blocks.ts'
import { signer } from '../document/people-lines.ts'
import type { ItemEntry } from '../model/item-entries.ts'
import { utc } from '../wording.ts'
import { evidenceLink, lineHtml, stateHtml } from './inline-html.ts'
import { type Markup, markup } from './markup.ts'

/** The items of a section, each with its state, its value, and under it where that came from. */
export const itemsHtml = (items: readonly ItemEntry[]): Markup =>
  markup`<ol class="items">${items.map(itemHtml)}</ol>`

function itemHtml(item: ItemEntry): Markup {
  return markup`<li class="item ${item.state}" id="i-${item.id}"><div class="item-state">${stateHtml(item.state)}</div><div class="item-id">${item.id}</div>
<div class="item-body"><p class="item-title">${item.title}${item.note && markup` <span class="note">(${item.note})</span>`}</p>
${valueHtml(item)}${provenance(item)}${item.history.map((h) => markup`<p class="history"><span aria-hidden="true">↻</span> ${h}</p>`)}${blanksHtml(item)}</div></li>`
}

function valueHtml(item: ItemEntry): Markup | null {
  const { attestation, waiver } = item
  if (attestation) {
    const value = attestation.value && markup` <span class="seen">value seen: ${attestation.value}</span>`
    const link = attestation.link && markup` · ${attestation.link}`
    return markup`<p class="item-value"><q>${attestation.text}</q>${value}${link}</p><p class="source">${lineHtml(signer(attestation.by))} · as ${attestation.by.role} · <time datetime="${attestation.by.signedAt}">${utc(attestation.by.signedAt)}</time></p>`
  }
  if (waiver)
    return markup`<p class="item-value">${item.value}</p><p class="item-value">Waived: <q>${waiver.reason}</q></p><p class="source">approved by ${lineHtml(signer(waiver.by))} · as ${waiver.by.role} · expires <time datetime="${waiver.expiresAt}">${utc(waiver.expiresAt)}</time></p>`
  // The word beside the item has said it already.
  if (item.value === item.word) return null
  return markup`<p class="item-value">${item.value}</p>`
}

function provenance(item: ItemEntry): Markup | null {
  if (!item.source && !item.population && item.evidence.length === 0) return null
  const parts = [
    item.source && markup`${item.source}`,
    item.at && markup`<time datetime="${item.at}">${utc(item.at)}</time>`,
    item.evidenceAt && markup`evidence of ${utc(item.evidenceAt)}`,
    item.population && markup`${item.population}`,
    ...item.evidence.map((e) => evidenceLink(e.digest)),
  ].filter((p): p is Markup => p instanceof Object)
  return markup`<p class="source">${parts.map((p, i) => markup`${i > 0 && ' · '}${p}`)}</p>`
}

/** An item that does not apply, or was not reached, has no blanks to fill. */
function blanksHtml(item: ItemEntry): Markup | null {
  if (item.blanks.length === 0 || item.state === 'notApplicable') return null
  return markup`<dl class="blanks">${item.blanks.map((b) => markup`<div><dt>${b.label}</dt><dd>${lineHtml(recorded(b.value, b.because))}</dd></div>`)}</dl>`
}
