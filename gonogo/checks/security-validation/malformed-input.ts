/** One request that an operation must refuse, and why. */
export type Malformed = {
  readonly what: string
  readonly body: string | Uint8Array
  readonly contentType: string
}

type Schema = Readonly<Record<string, unknown>>

const OVERSIZED_BYTES = 3 * 1024 * 1024
const JSON_TYPE = 'application/json'
/** A value that no schema of the type takes. */
const OTHERS: Readonly<Record<string, unknown>> = {
  string: { not: 'text' },
  number: 'not a number',
  integer: 1.5,
  boolean: 'maybe',
  array: 'not a list',
  object: 'not an object',
}

/** Bodies that differ from a valid one in one thing: malformed, of another type, too large, in another encoding. */
export function malformedBodies(valid: Schema, schema: Schema | null): Malformed[] {
  const text = JSON.stringify(valid)
  const json = (what: string, value: unknown): Malformed => ({
    what,
    body: JSON.stringify(value),
    contentType: JSON_TYPE,
  })
  const properties = (schema?.properties ?? {}) as Readonly<Record<string, Schema>>
  const required = Array.isArray(schema?.required) ? (schema.required as string[]) : []
  return [
    { what: 'JSON that is cut off', body: text.slice(0, -1), contentType: JSON_TYPE },
    { what: 'no body', body: '', contentType: JSON_TYPE },
    { what: 'bytes that are no UTF-8', body: invalidUtf8(text), contentType: JSON_TYPE },
    { what: 'XML', body: '<a/>', contentType: 'application/xml' },
    { what: `${OVERSIZED_BYTES / 1024 / 1024} MiB`, body: oversized(valid), contentType: JSON_TYPE },
    json('a list for an object', [valid]),
    json('null', null),
    ...required.filter((name) => name in valid).map((name) => json(`no ${name}`, without(valid, name))),
    ...Object.entries(properties).flatMap(([name, property]) => {
      const other = OTHERS[typeOf(property)]
      return other === undefined ? [] : [json(`another type for ${name}`, { ...valid, [name]: other })]
    }),
  ]
}

const typeOf = ({ type }: Schema): string =>
  String(Array.isArray(type) ? (type.length === 1 ? type[0] : '') : (type ?? ''))

const without = (value: Schema, name: string): Schema => {
  const { [name]: _left, ...rest } = value
  return rest
}

/** The valid text with a lone continuation byte in its first string. */
function invalidUtf8(text: string): Uint8Array {
  const bytes = Buffer.from(text)
  const at = text.indexOf(':"') + 2
  return Buffer.concat([bytes.subarray(0, at), Buffer.from([0xc3, 0x28, 0xff]), bytes.subarray(at)])
}

/** Too large wherever the limit is: every string of the valid body becomes one of the size. */
const oversized = (valid: Schema): string =>
  JSON.stringify({ ...valid, filling: 'x'.repeat(OVERSIZED_BYTES) })
