const NAME = /\$\{([^}]*)\}/g

export const namesIn = (template: string): string[] =>
  [...template.matchAll(NAME)].map((match) => match[1] ?? '')

export type Filled =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly name: string }

/** Puts the values into a template; `name` is the first name that has no value. */
export function fillTemplate(template: string, values: ReadonlyMap<string, string>): Filled {
  const missing = namesIn(template).find((name) => !values.has(name))
  if (missing !== undefined) return { ok: false, name: missing }
  return { ok: true, text: template.replace(NAME, (_, name: string) => values.get(name) ?? '') }
}
