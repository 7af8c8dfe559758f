/** Ink and greys carry the document; the two colours are for trouble. Every pair has at least 4.5 : 1. */
const LIGHT =
  '--paper:#fff;--panel:#f4f5f6;--ink:#1b1f23;--quiet:#5a626b;--rule:#e1e4e8;--rule-strong:#aab1b9;--bad:#b3261e;--warn:#855300;--accent:#0b57a4;--before:#6b7280'
const DARK =
  '--paper:#121416;--panel:#1d2023;--ink:#e6e8ea;--quiet:#a3abb3;--rule:#2b3035;--rule-strong:#5a636c;--bad:#ff8f85;--warn:#e8b45c;--accent:#7db8f5;--before:#a3abb3'

export const paletteCss = `:root{color-scheme:light dark;${LIGHT}}@media (prefers-color-scheme:dark){:root{${DARK}}}@media print{:root{color-scheme:light;${LIGHT}}}`
