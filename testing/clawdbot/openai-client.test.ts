import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Stack, startStack, TOKENS } from '../../clawdbot/testing/stack.ts'

let stack: Stack
let client: OpenAI
beforeAll(async () => {
  // The first answer of a process may take long on a busy machine.
  stack = await startStack({ AGENT_DEADLINE_MS: '10000' })
  client = new OpenAI({ apiKey: TOKENS.ann, baseURL: `${stack.gateway}/v1`, maxRetries: 0 })
})
afterAll(() => stack.stop())

const hello = [{ role: 'user' as const, content: 'say the word hello' }]

describe('the openai client, pointed at the gateway', () => {
  test('lists agents and models', async () => {
    const ids = (await client.models.list()).data.map(({ id }) => id)
    expect(ids).toEqual(['assistant', 'counter', 'clawdbot-stub'])
  })

  test.each(['assistant', 'clawdbot-stub'])('chats with %s', async (model) => {
    const completion = await client.chat.completions.create({ model, messages: hello })
    expect(completion.choices[0]?.message.content).toBe('hello.')
    expect(completion.usage?.total_tokens).toBeGreaterThan(0)
  })

  test.each(['assistant', 'clawdbot-stub'])('streams from %s, to the end', async (model) => {
    const stream = await client.chat.completions.create({ model, messages: hello, stream: true })
    let text = ''
    let finish: string | null = null
    for await (const { choices } of stream) {
      text += choices[0]?.delta.content ?? ''
      finish = choices[0]?.finish_reason ?? finish
    }
    expect([text, finish]).toEqual(['hello.', 'stop'])
  })

  test('has an agent use its own tools', async () => {
    const messages = [{ role: 'user' as const, content: 'count the words in: one two three' }]
    const completion = await client.chat.completions.create({ model: 'assistant', messages })
    expect(completion.choices[0]?.message.content).toContain('3')
  })

  test('is asked by a model to call the client’s tool, and gives its answer back', async () => {
    const tools = [
      { type: 'function' as const, function: { name: 'count_words', parameters: { type: 'object' } } },
    ]
    const messages: OpenAI.ChatCompletionMessageParam[] = [
      { role: 'user', content: 'count the words in: one two' },
    ]
    const first = await client.chat.completions.create({ model: 'clawdbot-stub', messages, tools })
    const [choice] = first.choices
    expect(choice).toMatchObject({
      finish_reason: 'tool_calls',
      message: { tool_calls: [{ function: { name: 'count_words', arguments: '{"text":"one two"}' } }] },
    })
    const asked = choice?.message as OpenAI.ChatCompletionMessage
    messages.push(asked, { role: 'tool', tool_call_id: asked.tool_calls?.[0]?.id ?? '', content: '2' })
    const second = await client.chat.completions.create({ model: 'clawdbot-stub', messages, tools })
    expect(second.choices[0]?.message.content).toBe('The tool says: 2')
  })

  test('streams a call of the client’s tool', async () => {
    const tools = [
      { type: 'function' as const, function: { name: 'reverse', parameters: { type: 'object' } } },
    ]
    const messages = [{ role: 'user' as const, content: 'reverse: drawer' }]
    const stream = client.chat.completions.stream({ model: 'clawdbot-stub', messages, tools })
    const [call] = (await stream.finalMessage()).tool_calls ?? []
    expect(call).toMatchObject({ function: { name: 'reverse', arguments: '{"text":"drawer"}' } })
  })

  test('is told in its own errors what is wrong', async () => {
    const withoutToken = new OpenAI({ apiKey: 'nobody', baseURL: `${stack.gateway}/v1`, maxRetries: 0 })
    await expect(withoutToken.models.list()).rejects.toBeInstanceOf(OpenAI.AuthenticationError)
    await expect(client.chat.completions.create({ model: 'nobody', messages: hello })).rejects.toBeInstanceOf(
      OpenAI.NotFoundError,
    )
  })
})
