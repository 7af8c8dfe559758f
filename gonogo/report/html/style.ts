import { paletteCss } from './palette.ts'
import { plotCss } from './plot-style.ts'
import { printCss } from './print-style.ts'

/** Sizes in rem, one column, no fixed widths: it must read the same on paper, on a desk and in a hand. */
const SCREEN = `
*{box-sizing:border-box}
html{font-size:100%;-webkit-text-size-adjust:100%}
body{margin:0;background:var(--paper);color:var(--ink);font:400 .9375rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:56rem;margin:0 auto;padding:2.5rem 1.5rem 6rem}
h1,h2,h3,h4{line-height:1.25;margin:0;font-weight:600;text-wrap:balance}
h1{font-size:1.75rem;letter-spacing:-.015em}
h2{font-size:1.3125rem;letter-spacing:-.01em;margin:3.25rem 0 .75rem;padding-top:.75rem;border-top:2px solid var(--ink)}
h3{font-size:1.0625rem;margin:2.25rem 0 .5rem}
h4{font-size:.9375rem;margin:1.75rem 0 .5rem}
.aside{font-weight:400;font-size:.8125rem;color:var(--quiet);letter-spacing:0;margin-left:.375rem;display:inline-block}
p{margin:.5rem 0}
.small,.source,.history{font-size:.8125rem;color:var(--quiet)}
a{color:inherit;text-decoration-color:var(--rule-strong);text-underline-offset:.15em}
a:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
code{font:.86em/1.4 ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;overflow-wrap:anywhere}
pre{margin:.5rem 0;padding:.625rem .75rem;background:var(--panel);border-radius:.25rem;white-space:pre-wrap;overflow-wrap:anywhere}
time{white-space:nowrap}
td,th,dd,p,li{overflow-wrap:break-word}
.state{white-space:nowrap}
.state span{display:inline-block;width:1.1em;text-align:center;font-weight:600}
.passed,.attested,.notApplicable,.notReached,.good{color:var(--quiet)}
.failed,.bad{color:var(--bad);font-weight:600}
.unknown,.waived{color:var(--warn);font-weight:600}
.chosen{font-weight:600}.not-chosen{color:var(--quiet)}
.missing{color:var(--quiet);font-style:italic}
.demo{font-size:.75rem;padding:0 .3em;border:1px solid currentColor;border-radius:.2em;white-space:nowrap;color:var(--warn)}
q{quotes:"“" "”"}
.banner{padding-bottom:1rem}
.banner .product{margin:0 0 .5rem;font-size:.8125rem;color:var(--quiet)}
.banner .status{margin:.75rem 0 0;font-size:1.375rem;font-weight:600;line-height:1.25}
.banner.tone-bad .status{color:var(--bad)}.banner.tone-warn .status{color:var(--warn)}
.banner .why{margin:.25rem 0 0;max-width:46rem}
.measures{display:grid;grid-template-columns:repeat(5,1fr);gap:0;margin:1.25rem 0;border:solid var(--rule);border-width:1px 0}
.measures>div{padding:.75rem .75rem .875rem;border-left:1px solid var(--rule);font-weight:400;color:var(--ink)}
.measures>div:first-child{border-left:0;padding-left:0}
.measures dt{font-size:.75rem;line-height:1.3;color:var(--quiet);min-height:2.6em;display:flex;align-items:flex-end}
.measures dd{margin:0}.measures strong{display:block;font-size:1.25rem;line-height:1.4}
.measures .bad strong{color:var(--bad)}
.measures dd>span:last-child{display:block;font-size:.75rem;line-height:1.35;color:var(--quiet)}
.facts{margin:.5rem 0}
.facts>div{display:grid;grid-template-columns:13rem 1fr;gap:0 1rem;padding:.28rem 0;border-bottom:1px solid var(--rule)}
.facts.pairs{display:grid;grid-template-columns:1fr 1fr;gap:0 2rem}.facts.pairs>div{grid-template-columns:7.5rem 1fr}
.facts dt{color:var(--quiet)}.facts dd{margin:0;min-width:0}
.facts-title{margin:1rem 0 .25rem;font-weight:600;font-size:.875rem}
table{width:100%;border-collapse:collapse;margin:.75rem 0 1.25rem;font-size:.8438rem}
caption{text-align:left;font-weight:600;font-size:.875rem;padding:.25rem 0 .375rem}
caption.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{text-align:left;vertical-align:top;padding:.375rem .75rem .375rem 0;border-bottom:1px solid var(--rule);font-weight:400}
th:last-child,td:last-child{padding-right:0}
td{min-width:3rem;overflow-wrap:anywhere}
thead th{font-weight:600;font-size:.75rem;color:var(--quiet);border-bottom-color:var(--rule-strong);vertical-align:bottom}
.short{white-space:nowrap}
.list{padding-left:1.25rem}.list.plain{list-style:none;padding-left:0}.list li{margin:.375rem 0}
.items{list-style:none;margin:.25rem 0;padding:0;border-top:1px solid var(--rule)}
.item{display:grid;grid-template-columns:7.25rem 3.75rem 1fr;padding:.5rem 0;border-bottom:1px solid var(--rule);font-weight:400;color:var(--ink)}
.item-state{font-size:.8125rem;line-height:1.7}
.item-id{color:var(--quiet);font-size:.8125rem;line-height:1.7}
.item-body{min-width:0}.item-body p{margin:0}
.item-title{font-weight:500}.item-title .note{font-weight:400;color:var(--quiet)}
.item.notApplicable .item-title,.item.notReached .item-title{font-weight:400;color:var(--quiet)}
.item.notApplicable .item-value,.item.notReached .item-value{color:var(--quiet)}
.item.failed,.item.unknown,.item.waived{box-shadow:inset 3px 0 0 currentColor;padding-left:.75rem;margin-left:-.75rem}
.item.failed{box-shadow:inset 3px 0 0 var(--bad)}.item.unknown,.item.waived{box-shadow:inset 3px 0 0 var(--warn)}
.history{color:var(--ink)}
.blanks{margin:.375rem 0 0;display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:.0625rem 1.25rem;font-size:.8125rem}
.blanks dt{color:var(--quiet);flex:none;max-width:70%}.blanks dd{margin:0;min-width:0}
.blanks>div{min-width:0;display:flex;gap:.5em}
.page-break{height:0}
@media (max-width:46rem){
main{padding:1.25rem 1rem 4rem}
h1{font-size:1.4375rem}
.measures{grid-template-columns:1fr 1fr}
.measures>div{border-left:0;padding-left:0}.measures>div+div+div{border-top:1px solid var(--rule)}
.measures dt{min-height:0}
.facts>div,.facts.pairs,.facts.pairs>div{grid-template-columns:1fr}
.item{grid-template-columns:auto 1fr;column-gap:.75rem}.item-body{grid-column:1/-1}
thead{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
tr,tbody,table,caption{display:block}
tr{padding:.5rem 0;border-bottom:1px solid var(--rule)}
td,tbody th{display:block;border:0;padding:.0625rem 0}
tbody th{font-weight:600}
td::before{content:attr(data-label) ": ";color:var(--quiet)}
}
`

/** The whole style sheet; `header` is the line at the head of every printed page. */
export const styleSheet = (header: string): string => paletteCss + SCREEN + plotCss + printCss(header)
