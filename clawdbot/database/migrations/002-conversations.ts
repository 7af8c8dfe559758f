export const up = `
CREATE TABLE conversations (
  id TEXT NOT NULL,
  user TEXT NOT NULL,
  agent TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY (user, id)
) STRICT;
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  user TEXT NOT NULL,
  conversation TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
  text TEXT NOT NULL,
  created_at TEXT NOT NULL,
  FOREIGN KEY (user, conversation) REFERENCES conversations (user, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX messages_of_conversation ON messages (user, conversation, id);
CREATE TABLE memories (
  id INTEGER PRIMARY KEY,
  user TEXT NOT NULL,
  fact TEXT NOT NULL,
  created_at TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX memories_of_user ON memories (user, fact);
CREATE TABLE rate_limits (
  caller TEXT PRIMARY KEY,
  empty_at_ms REAL NOT NULL
) STRICT;
`

export const down = `
DROP TABLE rate_limits;
DROP TABLE memories;
DROP TABLE messages;
DROP TABLE conversations;
`

export const postgres = {
  up: `
CREATE TABLE conversations (
  id TEXT NOT NULL,
  "user" TEXT NOT NULL,
  agent TEXT NOT NULL,
  created_at TEXT NOT NULL,
  PRIMARY KEY ("user", id)
);
CREATE TABLE messages (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "user" TEXT NOT NULL,
  conversation TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
  text TEXT NOT NULL,
  created_at TEXT NOT NULL,
  FOREIGN KEY ("user", conversation) REFERENCES conversations ("user", id) ON DELETE CASCADE
);
CREATE INDEX messages_of_conversation ON messages ("user", conversation, id);
CREATE TABLE memories (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  "user" TEXT NOT NULL,
  fact TEXT NOT NULL,
  created_at TEXT NOT NULL
);
CREATE UNIQUE INDEX memories_of_user ON memories ("user", fact);
CREATE TABLE rate_limits (
  caller TEXT PRIMARY KEY,
  empty_at_ms DOUBLE PRECISION NOT NULL
);
`,
  down,
}
