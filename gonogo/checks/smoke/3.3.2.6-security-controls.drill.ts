import { matrixDrill } from '../live/matrix-drill.ts'

export const drill = matrixDrill('3.3.2.6')
