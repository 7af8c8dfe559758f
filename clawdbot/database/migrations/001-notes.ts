export const up = `
CREATE TABLE notes (
  id TEXT PRIMARY KEY,
  user TEXT NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  digest TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE INDEX notes_of_user ON notes (user, created_at);
`

export const down = `
DROP TABLE notes;
`

export const postgres = {
  up: `
CREATE TABLE notes (
  id TEXT PRIMARY KEY,
  "user" TEXT NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  digest TEXT NOT NULL,
  created_at TEXT NOT NULL
);
CREATE INDEX notes_of_user ON notes ("user", created_at);
`,
  down,
}
