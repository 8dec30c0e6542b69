// Walks the API with the types that openapi-typescript has made of the document.
//
//     node walk.js BASE_URL API_KEY RECEIVER_URL

import createClient from 'openapi-fetch'

import type { paths } from './api.js'

declare const process: { argv: string[] }

const [baseUrl = '', key = '', receiverUrl = ''] = process.argv.slice(2)
const rex = createClient<paths>({ baseUrl, headers: { 'X-Api-Key': key } })

function taken<T>(answer: { data?: T; error?: unknown; response: Response }, status: number): T {
  if (answer.response.status !== status || answer.error !== undefined) {
    throw new Error(`${answer.response.url}: ${answer.response.status} ${JSON.stringify(answer.error)}`)
  }
  return answer.data as T
}

// Nothing that has a default has to be sent.
const captured = taken(await rex.POST('/capture', { body: { email: 'ts@example.com' } }), 202)
if (typeof captured === 'string' || !('capture_id' in captured.data)) throw new Error('no capture')
const contact = taken(
  await rex.POST('/contacts', { body: { email: 'linus@example.com', stage: 'customer' } }),
  201,
).data
const path = { id: contact.id }
taken(await rex.PATCH('/contacts/{id}', { params: { path }, body: { first_name: 'Linus' } }), 200)
const page = taken(await rex.GET('/contacts', { params: { query: { stage: 'customer' } } }), 200)
if (page.data[0]?.first_name !== 'Linus') throw new Error('not listed')
const refused = await rex.GET('/contacts/{id}', { params: { path: { id: 'cont_1' } } })
if (refused.error?.error.code !== 'not_found') throw new Error('no error')

const made = taken(await rex.POST('/webhooks', { body: { url: receiverUrl, events: ['*'] } }), 201)
const webhook = { id: made.data.id }
taken(await rex.PATCH('/webhooks/{id}', { params: { path: webhook }, body: { name: 'ts' } }), 200)
taken(await rex.POST('/webhooks/{id}/rotate-secret', { params: { path: webhook }, body: {} }), 200)
const ping = taken(
  await rex.POST('/webhooks/{id}/ping', { params: { path: webhook, query: { wait: 15 } } }),
  200,
).data
if (ping.attempt?.status !== 200) throw new Error(JSON.stringify(ping))
const delivery = { id: ping.delivery_id }
const shown = taken(await rex.GET('/deliveries/{id}', { params: { path: delivery } }), 200).data
if (shown.request.url !== receiverUrl) throw new Error(shown.request.url)
const query = { webhook_id: webhook.id, status: 'succeeded' as const }
taken(await rex.GET('/deliveries', { params: { query } }), 200)
const event = { id: ping.event_id }
if (taken(await rex.GET('/events/{id}', { params: { path: event } }), 200).data.type !== 'ping') {
  throw new Error('another event')
}
const counted = taken(
  await rex.POST('/webhooks/{id}/replay', { params: { path: webhook }, body: { dry_run: true } }),
  200,
)
if (!('dry_run' in counted.data)) throw new Error('started')
taken(await rex.DELETE('/webhooks/{id}', { params: { path: webhook } }), 204)
taken(await rex.PATCH('/org', { body: { min_fill_ms: 0 } }), 200)
taken(await rex.DELETE('/contacts/{id}', { params: { path } }), 204)
taken(await rex.GET('/readyz'), 200)
