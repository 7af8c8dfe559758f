import { runDatabaseProcess } from '../database/run-command.ts'

// The fault: the migration does all its steps, never comes to an end, and is never committed.
await runDatabaseProcess({
  up: (connection, migrations) =>
    connection.exclusively(async (_sql, script) => {
      const { version } = await versionOf(connection)
      for (const { up } of migrations.slice(version)) await script(up)
      process.stderr.write('half-way\n')
      return new Promise((resolve) => setTimeout(() => resolve({}), 600_000))
    }),
  down: async () => ({}),
})

async function versionOf({
  sql,
}: {
  sql: { all: <R>(text: string) => Promise<R[]> }
}): Promise<{ version: number }> {
  const [row] = await sql.all<{ version: number }>('SELECT max(version) AS version FROM schema_migrations')
  return { version: Number(row?.version ?? 0) }
}
