export { renderReport } from './render-report.ts'
export type { ArmSample, ReportInput, ReportPlace, ReportSample } from './report-input.ts'
export { renderSimulation } from './simulation/simulation-page.ts'
