import { z } from 'zod'

/**
 * Where a version's objects are. The stable slot has the names of the manifests, so that `kubectl rollout status` and
 * `kubectl rollout undo` work on them; the others have names of their own and are gone when a deployment has ended. A
 * StatefulSet is in none of them: versions share it, and only its Services are of a slot.
 */
export const slotSchema = z.enum(['stable', 'canary', 'previous'])
export type Slot = z.infer<typeof slotSchema>
export const SLOTS = slotSchema.options

/** The name of a component's object in a slot. */
export const nameIn = (slot: Slot, name: string): string => (slot === 'stable' ? name : `${name}-${slot}`)

/** A version in a slot. */
export type Place = { readonly slot: Slot; readonly version: string }
