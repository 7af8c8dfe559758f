// The gateway with one of its controls taken away, named by FAULT: for drills and tests, in no image of the product.
import { readFileSync } from 'node:fs'
import { request } from 'undici'
import { startGateway } from '../gateway/gateway.ts'
import type { GatewayParts } from '../gateway/parts.ts'
import { ProblemError } from '../runtime/problem.ts'
import { runProcess } from '../runtime/run.ts'
import { faultOf } from './fault-of.ts'

const RETRIES = 3

const FAULTS: Readonly<Record<string, (parts: GatewayParts) => GatewayParts>> = {
  'retries-for-a-breaker': (parts) => ({
    ...parts,
    models: parts.models && { ...parts.models, complete: retrying },
  }),
}

/** Calls the model again and again instead of leaving it alone. */
const retrying: NonNullable<GatewayParts['models']>['complete'] = async (body) => {
  const { MODEL_URL = '' } = process.env
  const key = readFileSync(process.env.MODEL_API_KEY_FILE ?? '', 'utf8')
  for (let n = 0; n < RETRIES; n++) {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key.trim()}` }
    const answer = await request(`${MODEL_URL}/v1/chat/completions`, { method: 'POST', headers, body })
    if (answer.statusCode < 500)
      return { status: answer.statusCode, contentType: 'application/json', body: answer.body }
    await answer.body.dump()
  }
  const detail = 'the model failed each time'
  throw new ProblemError({ status: 502, code: 'model_unavailable', title: 'Model unavailable', detail })
}

const change = faultOf(FAULTS)
await runProcess('gateway', () => startGateway({ environment: process.env, change }))
