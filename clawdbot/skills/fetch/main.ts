import { z } from 'zod'
import { serveSkill, tool } from '../kit/serve-skill.ts'

// This process has no network: the host fetches, from the addresses that its operator allows.
serveSkill(import.meta.dirname, {
  web_fetch: tool({
    input: z.object({ url: z.url({ protocol: /^https?$/ }).max(2_000) }),
    run: ({ url }, ask) => ask('fetch', { url }),
  }),
})
