/** An agent that callers can talk to. `tools` are the MCP tools it may use, before the token's and the request's limits. */
export interface AgentDeclaration {
  readonly id: string
  readonly name: string
  readonly description: string
  readonly tools: readonly string[]
}

/** The agents of this release. The gateway lists them and the agent process runs them. */
export const AGENTS: readonly AgentDeclaration[] = [
  {
    id: 'assistant',
    name: 'Assistant',
    description: 'Answers questions, counts words, keeps notes and reads pages of the web',
    tools: ['count_words', 'reverse', 'notes_add', 'notes_list', 'web_fetch'],
  },
  {
    id: 'counter',
    name: 'Counter',
    description: 'Counts words and does nothing else',
    tools: ['count_words'],
  },
]
