import { shortInjectionDrill } from '../live/injection/injection-drill.ts'

export const drill = shortInjectionDrill('A.2.2')
