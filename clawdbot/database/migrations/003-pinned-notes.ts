// Expand only: the version before does not name the column, and the default fills what it writes.
export const up = `
ALTER TABLE notes ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0;
`

export const down = `
ALTER TABLE notes DROP COLUMN pinned;
`
