import type { Database } from './service.ts'

/** A declared migration command with the database's file and the schema version wanted filled in. */
export const migrationCommand = (
  database: Database,
  command: keyof Database['migrate'],
  file: string,
  to: number | null,
): string[] =>
  database.migrate[command].map((part) =>
    part.replaceAll('${database}', file).replaceAll('${to}', String(to ?? '')),
  )
