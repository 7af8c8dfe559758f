/** The two versions differ by dash and shape before they differ by colour. */
export const plotCss = `
figure{margin:1rem 0 1.5rem;break-inside:avoid}
figcaption{font-weight:600;font-size:.875rem;margin-bottom:.5rem}
.plot{display:block;width:100%;height:auto;font-family:inherit}
.narrow{display:none}
@media (max-width:46rem){.wide{display:none}.narrow{display:block}}
@media print{.wide{display:block}.narrow{display:none}}
.plot text{font-size:11px;fill:var(--ink)}
.plot .tick{fill:var(--quiet);font-size:10.5px}
.plot .panel-title,.plot .mark-label{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}
.plot .panel-title{font-weight:600}
.plot .grid{stroke:var(--rule);stroke-width:1}
.plot .axis{stroke:var(--rule-strong);stroke-width:1}
.plot .line{fill:none;stroke-width:1.6;stroke-linejoin:round}
.plot .line.canary{stroke:var(--accent)}
.plot .line.baseline{stroke:var(--before);stroke-dasharray:5 3}
.plot .line.observed{stroke:var(--quiet);stroke-width:1;stroke-dasharray:1.5 2}
.plot .dot.canary{fill:var(--accent)}
.plot .dot.baseline{fill:var(--paper);stroke:var(--before);stroke-width:1.3}
.plot .dot.observed{fill:none;stroke:var(--quiet);stroke-width:1.2}
.plot .band{stroke:none;opacity:.13}
.plot .band.canary{fill:var(--accent)}.plot .band.baseline{fill:var(--before)}
.plot .limit{stroke:var(--bad);stroke-width:1.2;stroke-dasharray:8 3}
.plot .hatch{fill:var(--rule-strong)}
.plot .mark{stroke:var(--rule-strong);stroke-width:1}
.plot .mark.rollback,.plot .mark.hold{stroke:var(--bad)}
.plot .mark-label{fill:var(--quiet);font-size:10.5px}
.plot .mark-label.rollback,.plot .mark-label.hold{fill:var(--bad);font-weight:600}
`
