import { drill as windowDrill } from './3.2.3-window.drill.ts'
import { check as window } from './3.2.3-window.ts'
import { drill as contactsDrill } from './3.2.4-contacts.drill.ts'
import { check as contacts } from './3.2.4-contacts.ts'
import { drill as criteriaDrill } from './3.2.5-trigger-criteria.drill.ts'
import { check as criteria } from './3.2.5-trigger-criteria.ts'
export const checks = [window, contacts, criteria] as const
export const drills = [windowDrill, contactsDrill, criteriaDrill] as const
