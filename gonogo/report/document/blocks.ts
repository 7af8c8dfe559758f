import type { ItemState } from '#core/verdict.ts'
import type { ItemEntry } from '../model/item-entries.ts'
import type { PlotData } from '../plot/plot-data.ts'
import type { PanelName } from '../plot/scales.ts'

/** A piece of a line. What it means is said here, how it looks is the renderers' business. */
export type Inline =
  | string
  | { readonly strong: string }
  | { readonly code: string }
  /** A key's fingerprint. */
  | { readonly key: string }
  | { readonly quote: string }
  /** An instant in ISO text. */
  | { readonly at: string }
  | { readonly digest: string; readonly indexed?: boolean }
  /** Nothing was recorded; never an empty place. */
  | { readonly missing: string }
  /** Something was signed with a key made for a demo. */
  | { readonly demo: true }
  | { readonly state: ItemState }
  | { readonly mark: 'good' | 'bad' | 'unknown' | 'chosen' | 'not-chosen'; readonly word: string }
  | { readonly href: string; readonly text: string }

export type Line = Inline | readonly Inline[]
export type Fact = { readonly label: string; readonly value: Line }

/** The report between its data and its looks: every kind of thing a page can hold. */
export type Block =
  | {
      readonly kind: 'heading'
      readonly level: 2 | 3 | 4
      readonly text: string
      readonly id: string
      readonly aside?: string
    }
  | { readonly kind: 'paragraph'; readonly line: Line; readonly small?: boolean }
  | {
      readonly kind: 'facts'
      readonly title?: string
      readonly pairs?: boolean
      readonly facts: readonly Fact[]
    }
  | {
      readonly kind: 'table'
      readonly caption: string
      readonly head: readonly string[]
      readonly rows: readonly (readonly Line[])[]
      readonly hideCaption?: boolean
    }
  | { readonly kind: 'items'; readonly items: readonly ItemEntry[] }
  | { readonly kind: 'list'; readonly lines: readonly Line[]; readonly ordered?: boolean }
  | { readonly kind: 'code'; readonly text: string }
  | {
      readonly kind: 'figure'
      readonly id: string
      readonly plot: PlotData
      readonly panels: readonly PanelName[]
      readonly panelHeight: number
    }
  | {
      readonly kind: 'banner'
      readonly tone: 'good' | 'bad' | 'warn' | 'neutral'
      readonly glyph: string
      readonly word: string
      readonly title: string
      readonly line: Line
    }
  | {
      readonly kind: 'measures'
      readonly measures: readonly {
        readonly label: string
        readonly value: string
        readonly note: string
        readonly bad: boolean
      }[]
    }
  | { readonly kind: 'page-break' }

export const heading = (level: 2 | 3 | 4, text: string, id: string, aside?: string): Block =>
  aside === undefined ? { kind: 'heading', level, text, id } : { kind: 'heading', level, text, id, aside }

export const paragraph = (...line: Inline[]): Block => ({ kind: 'paragraph', line })
export const small = (...line: Inline[]): Block => ({ kind: 'paragraph', line, small: true })

export const table = (
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Line[])[],
): Block => ({ kind: 'table', caption, head, rows })

/** A table whose heading already says what its caption says; the caption is there for those who hear the page. */
export const titledTable = (
  caption: string,
  head: readonly string[],
  rows: readonly (readonly Line[])[],
): Block => ({
  kind: 'table',
  caption,
  head,
  rows,
  hideCaption: true,
})

/** A value of the log, or the words that there is none. */
export const recorded = (value: string | null | undefined, because?: string | null): Line =>
  value === null || value === undefined || value === '' ? { missing: because ?? '' } : value
