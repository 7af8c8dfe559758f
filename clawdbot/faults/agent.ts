// The agent with one of its defences taken away, named by FAULT: for drills and tests, in no image of the product.
import { startAgent } from '../agent/agent.ts'
import type { ConversationParts } from '../agent/conversation.ts'
import { markUntrusted } from '../agent/policy.ts'
import type { ToolGate, ToolGateSettings } from '../agent/tool-gate.ts'
import type { MemoryStore } from '../database/memories.ts'
import { runProcess } from '../runtime/run.ts'
import { faultOf } from './fault-of.ts'

const FAULTS: Readonly<Record<string, (parts: ConversationParts) => ConversationParts>> = {
  'any-tool': (parts) => ({ ...parts, createGate: openGate }),
  'any-secret': (parts) => ({ ...parts, mayLeave: () => true }),
  'memory-in-process': (parts) => ({ ...parts, memory: memoryInProcess() }),
  'no-deadline': (parts) => ({ ...parts, deadlineMs: 60_000 }),
  'no-budget': (parts) => ({ ...parts, budget: 1_000_000 }),
}

/** Runs whatever the model wants. */
function openGate(settings: ToolGateSettings): ToolGate {
  return {
    calls: [],
    tainted: false,
    call: async (tool, input, signal) =>
      markUntrusted(tool.name, (await settings.run(tool.name, input, signal)).text),
  }
}

function memoryInProcess(): () => MemoryStore {
  const facts = new Map<string, string[]>()
  const store: MemoryStore = {
    remember: async (user, fact) => void facts.set(user, [...(facts.get(user) ?? []), fact]),
    recall: async (user) => facts.get(user) ?? [],
    forget: async (user) => Number(facts.delete(user)),
    append: async () => undefined,
    history: async () => [],
  }
  return () => store
}

const change = faultOf(FAULTS)
await runProcess('agent', () => startAgent({ environment: process.env, change }))
