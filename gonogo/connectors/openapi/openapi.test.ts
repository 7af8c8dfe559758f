import { describe, expect, test } from 'vitest'
import { compareOpenApi, readOpenApi } from './index.ts'

const tree = {
  type: 'object',
  properties: {
    name: { type: 'string' },
    children: { type: 'array', items: { $ref: '#/components/schemas/Tree' } },
  },
}

const document = () => ({
  openapi: '3.1.0',
  info: { title: 't', version: '1' },
  paths: {
    '/v1/trees/{id}': {
      get: {
        parameters: [
          { name: 'id', in: 'path', required: true, schema: { type: 'string' } },
          { name: 'depth', in: 'query', schema: { type: 'integer' } },
        ],
        responses: {
          200: {
            description: 'ok',
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Tree' } } },
          },
        },
      },
      post: {
        requestBody: {
          required: true,
          content: { 'application/json': { schema: { $ref: '#/components/schemas/Order' } } },
        },
        responses: { 201: { description: 'made' } },
      },
    },
  },
  components: {
    schemas: {
      Tree: structuredClone(tree) as Record<string, unknown>,
      Order: {
        type: 'object',
        required: ['kind'],
        properties: { kind: { type: 'string', enum: ['a', 'b'] } },
      } as Record<string, unknown>,
    },
  },
})

type Document = ReturnType<typeof document>
const read = (value: unknown) => readOpenApi(JSON.stringify(value), 'sample')

function breaking(change: (after: Document) => unknown): string[] {
  const after = document()
  change(after)
  return compareOpenApi(read(document()), read(after)).flatMap((c) => (c.breaking ? c.what : []))
}

const operation = (d: Document) => d.paths['/v1/trees/{id}']
const order = (d: Document) =>
  d.components.schemas.Order.properties as Record<string, Record<string, unknown>>
const treeOf = (d: Document) =>
  d.components.schemas.Tree.properties as Record<string, Record<string, unknown>>

describe('a change of the API', () => {
  test.each<[string, (d: Document) => unknown]>([
    ['nothing', () => 0],
    [
      'a new operation',
      (d) => Object.assign(d.paths, { '/v1/b': { get: { responses: { 200: { description: 'k' } } } } }),
    ],
    ['a new field in an answer', (d) => Object.assign(treeOf(d), { age: { type: 'integer' } })],
    [
      'a new field that a request may leave out',
      (d) => Object.assign(order(d), { note: { type: 'string' } }),
    ],
    [
      'a request that takes more values',
      (d) => Object.assign(order(d).kind ?? {}, { enum: ['a', 'b', 'c'] }),
    ],
    [
      'a request that takes more types',
      (d) => Object.assign(order(d).kind ?? {}, { type: ['string', 'null'] }),
    ],
    [
      'a way to log in that nothing asks for',
      (d) => Object.assign(d.components, { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } }),
    ],
    ['a description', (d) => Object.assign(operation(d).get, { description: 'a tree' })],
    ['the order of parameters', (d) => operation(d).get.parameters.reverse()],
  ])('is not breaking: %s', (_name, change) => {
    expect(breaking(change)).toEqual([])
  })

  test.each<[string, (d: Document) => unknown]>([
    ['an operation is gone', (d) => Reflect.deleteProperty(operation(d), 'post')],
    [
      'a path is gone',
      (d) =>
        Reflect.deleteProperty(d.paths, '/v1/trees/{id}') && Object.assign(d.paths, { '/b': { get: {} } }),
    ],
    [
      'a parameter becomes required',
      (d) => Object.assign(operation(d).get.parameters[1] ?? {}, { required: true }),
    ],
    [
      'a request must hold more',
      (d) => Object.assign(d.components.schemas.Order, { required: ['kind', 'note'] }),
    ],
    ['a request takes fewer values', (d) => Object.assign(order(d).kind ?? {}, { enum: ['a'] })],
    ['a field is gone from an answer', (d) => Reflect.deleteProperty(treeOf(d), 'name')],
    [
      'a field of an answer has another type',
      (d) => Object.assign(treeOf(d).name ?? {}, { type: 'integer' }),
    ],
    [
      'a field of an answer may be null',
      (d) => Object.assign(treeOf(d).name ?? {}, { type: ['string', 'null'] }),
    ],
    [
      'an answer is gone',
      (d) => Object.assign(operation(d).get, { responses: { 204: { description: 'nothing' } } }),
    ],
    [
      'a request may hold nothing else',
      (d) => Object.assign(d.components.schemas.Order, { additionalProperties: false }),
    ],
    [
      'callers of one operation must log in',
      (d) => Object.assign(operation(d).get, { security: [{ key: [] }] }),
    ],
    ['callers must log in', (d) => Object.assign(d, { security: [{ key: [] }] })],
  ])('is breaking: %s', (_name, change) => {
    expect(breaking(change)).not.toEqual([])
  })
})

describe('an OpenAPI document', () => {
  test('may be YAML', () => {
    const text =
      'openapi: 3.0.3\ninfo: { title: t, version: "1" }\npaths: { /a: { get: { responses: {} } } }\n'
    expect(readOpenApi(text, 'sample').openapi).toBe('3.0.3')
  })

  test('may not lead to other files', () => {
    const other = { ...document(), components: { schemas: { Tree: { $ref: './tree.yaml' }, Order: {} } } }
    expect(() => read(other)).toThrow('leads nowhere')
  })

  test('of Swagger 2 is refused', () => {
    expect(() => read({ ...document(), openapi: undefined, swagger: '2.0' })).toThrow('OpenAPI')
  })
})
