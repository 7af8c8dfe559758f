import { injectionDrill } from '../live/injection/injection-drill.ts'

export const drill = injectionDrill('1.2.5')
