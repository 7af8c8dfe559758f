import { XMLParser, XMLValidator } from 'fast-xml-parser'
import type { z } from 'zod'
import { ReadingProblem } from '../reading-problem.ts'

/** The value of a JSON text that has the expected shape. `format` is its name for people: "SARIF 2.1.0". */
export function readJson<T>(text: string, schema: z.ZodType<T>, source: string, format: string): T {
  return matching(parseJson(text, source), schema, source, format)
}

function parseJson(text: string, source: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const end = text.trimEnd().at(-1)
    const isCut =
      /^\s*[[{]/.test(text) && (/end of|Unterminated/.test(String(error)) || !'}]'.includes(end ?? ''))
    if (isCut) throw new ReadingProblem('cut-off', source, 'is cut off: its JSON has no end')
    throw new ReadingProblem('wrong-format', source, 'is not JSON')
  }
}

/** The value, once it has the expected shape; the problem names the first place where it has not. */
export function matching<T>(value: unknown, schema: z.ZodType<T>, source: string, format: string): T {
  const parsed = parseBounded(value, schema, source)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const place = issue?.path.length ? `${issue.path.join('.')}: ` : ''
  throw new ReadingProblem('wrong-format', source, `is not ${format} (${place}${issue?.message})`)
}

/** A document that is nested deeper than the stack is no report that anyone wrote. */
function parseBounded<T>(value: unknown, schema: z.ZodType<T>, source: string) {
  try {
    return schema.safeParse(value)
  } catch (error) {
    if (error instanceof RangeError) throw new ReadingProblem('wrong-format', source, 'is nested too deep')
    throw error
  }
}

const xmlParser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: '',
  attributesGroupName: '@',
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  isArray: (_name, _path, _leaf, isAttribute) => !isAttribute,
})

/** XML as arrays of elements by name, attributes under `@`. Entities stay as they are written; a DTD is refused. */
export function readXml<T>(text: string, schema: z.ZodType<T>, source: string, format: string): T {
  if (!text.trimStart().startsWith('<')) throw new ReadingProblem('wrong-format', source, 'is not XML')
  if (/<!ENTITY/i.test(text)) throw new ReadingProblem('wrong-format', source, 'declares XML entities')
  return matching(parseXml(text, source), schema, source, format)
}

function parseXml(text: string, source: string): unknown {
  try {
    const valid = XMLValidator.validate(text)
    if (valid !== true) throw new Error(`line ${valid.err.line}: ${valid.err.msg}`)
    return xmlParser.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (text.trimEnd().at(-1) !== '>' || /unclosed|expected closing|not closed/i.test(reason))
      throw new ReadingProblem('cut-off', source, `is cut off or broken (${reason})`)
    throw new ReadingProblem('wrong-format', source, `is not well-formed XML (${reason})`)
  }
}
