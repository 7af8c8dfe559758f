export { renderReport } from './render-report.ts'
export type { ArmSample, ReportInput, ReportSample } from './report-input.ts'
