import type { Service } from '#core/service.ts'
import type { Check } from '../check.ts'
import { check as authentication } from './3.3.2.1-authentication.ts'
import { check as agentAnswers } from './3.3.2.2-agent-answers.ts'
import { check as skills } from './3.3.2.3-skills.ts'
import { check as endpoints } from './3.3.2.4-endpoints.ts'
import { check as readsAndWrites } from './3.3.2.5-reads-and-writes.ts'

/** The smoke suite: what 3.3.2.0 sums up, and 2.2.2 runs in staging. */
export const SUITE = [
  authentication,
  agentAnswers,
  skills,
  endpoints,
  readsAndWrites,
] as unknown as readonly Check[]

/** The suite can be run as soon as the service file says how to run any of it. */
export const isSuiteDeclared = (service: Service): boolean =>
  SUITE.some(({ id }) => Object.hasOwn(service.checks, id))
