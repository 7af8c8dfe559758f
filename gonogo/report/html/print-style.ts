/** Text as a CSS string: nothing in it can end the string or the style element. */
export const cssString = (text: string): string =>
  `"${text.replace(/[^\p{L}\p{N} .,:;·→–_+-]/gu, (char) => `\\${char.codePointAt(0)?.toString(16)} `)}"`

/** No page size is set, so that A4 and Letter both print; sizes in pt, because paper has no zoom. */
export const printCss = (header: string): string => `
@page{margin:20mm 16mm 18mm;@top-left{content:${cssString(header)};font:8pt system-ui,sans-serif;color:#5a626b}@top-right{content:"Deployment report";font:8pt system-ui,sans-serif;color:#5a626b}@bottom-right{content:"Page " counter(page) " of " counter(pages);font:8pt system-ui,sans-serif;color:#5a626b}}
@media print{
html{font-size:9.5pt}
body{background:none}
main{max-width:none;padding:0}
h2{margin-top:1.75rem}
.summary{zoom:.9}.summary h2{margin:1rem 0 .375rem;padding-top:.5rem;font-size:1.125rem}.summary th,.summary td,.summary .facts>div{padding-top:.2rem;padding-bottom:.2rem}.summary .measures{margin:.75rem 0}.summary figure{margin:.75rem 0}
h2,h3,h4,.facts-title,caption,p:has(+pre){break-after:avoid}
pre+.small{break-before:avoid}
.item,tr,.facts>div,.measures,figure,.banner,pre{break-inside:avoid}
thead{display:table-header-group}
.summary table:last-child{break-inside:avoid}
p,li{orphans:3;widows:3}
a{text-decoration:none}
}
`
