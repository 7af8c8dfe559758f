import { matrixDrill } from '../live/matrix-drill.ts'

export const drill = matrixDrill('1.2.4')
