import { makeWorld } from '../crash/world.ts'
import { describeBehaviours } from './behaviours.ts'

/** Longer than a step and its extension. */
const PAUSE_MS = 5000

describeBehaviours('processes', (checklist, own) => makeWorld(checklist, {}, undefined, own), {
  pauseMs: PAUSE_MS,
})
