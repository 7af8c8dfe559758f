/** Notes cannot be pinned before 1.2.3. */
export function addPinnedNoteRoutes(_app: unknown, _parts: unknown): void {}
