// A complete receiver of Rex webhooks on nothing but Node's standard library (18 or newer).
//
//     WEBHOOK_SECRET=whsec_... node receiver.js
//
// WEBHOOK_SECRET     the secret that the webhook was created with
// PORT               where to listen (default 9000)
// EVENTS_FILE        file that remembers events (default events.jsonl)
// TOLERANCE_SECONDS  accepted difference between the sender's clock and ours (default 300)
// SIGNATURE          rex (default), or standard for the Standard Webhooks headers

'use strict'

const crypto = require('node:crypto')
const fs = require('node:fs')
const http = require('node:http')

const SECRET = process.env.WEBHOOK_SECRET
const PORT = Number(process.env.PORT ?? 9000)
const EVENTS_FILE = process.env.EVENTS_FILE ?? 'events.jsonl'
const TOLERANCE_SECONDS = Number(process.env.TOLERANCE_SECONDS ?? 300)
const BODY_BYTES_MAX = 1024 * 1024

if (!SECRET) throw new Error('set WEBHOOK_SECRET')

// 1. Verify: nothing of the body is looked at before.

/** Whether one of the X-Rex-Signature headers was made with our secret, and not long ago. */
function verifyRex(secret, headers, body) {
  return ['x-rex-signature', 'x-rex-signature-previous'].some((name) => {
    const [timestamp, received] = (headers[name] ?? '').split(',').map((part) => part.split('=')[1])
    if (!timestamp || !received) return false
    const message = Buffer.concat([Buffer.from(`${timestamp}.`), body])
    const expected = crypto.createHmac('sha256', secret).update(message).digest('hex')
    return isEqual(expected, received) && isRecent(timestamp)
  })
}

/** The same by the Standard Webhooks headers, which list one signature per valid secret. */
function verifyStandard(secret, headers, body) {
  const id = headers['webhook-id'] ?? ''
  const timestamp = headers['webhook-timestamp'] ?? ''
  const message = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body])
  const digest = crypto.createHmac('sha256', standardKey(secret)).update(message).digest('base64')
  const received = (headers['webhook-signature'] ?? '').split(' ')
  return received.some((each) => isEqual(`v1,${digest}`, each)) && isRecent(timestamp)
}

function standardKey(secret) {
  const encoded = secret.startsWith('whsec_') ? secret.slice('whsec_'.length) : ''
  const key = Buffer.from(encoded, 'base64')
  // Node ignores what is not base64: only what comes out as it went in was base64.
  return encoded && key.toString('base64') === encoded ? key : Buffer.from(secret)
}

function isEqual(one, other) {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && crypto.timingSafeEqual(a, b)
}

function isRecent(timestamp) {
  return /^\d+$/.test(timestamp) && Math.abs(Date.now() / 1000 - timestamp) <= TOLERANCE_SECONDS
}

const verify = { rex: verifyRex, standard: verifyStandard }[process.env.SIGNATURE ?? 'rex']

// 2. Remember: an event that is on disk may be answered with 2xx, and is known when it comes again.
// One process, one file. With a database, a unique column for the id does the same.

const events = fs.openSync(EVENTS_FILE, 'a')
const known = new Set()
const waiting = []

/** Store an event that is new; whether it was. */
function remember(event) {
  if (known.has(event.id)) return false
  append(event)
  known.add(event.id)
  waiting.push(event)
  return true
}

/** The line end comes first: an entry that was cut off by a crash spoils no other. */
function append(entry) {
  fs.writeSync(events, `\n${JSON.stringify(entry)}`)
  fs.fsyncSync(events)
}

/** Take up what an earlier run left. */
function recall() {
  const entries = fs.readFileSync(EVENTS_FILE, 'utf8').split('\n').flatMap(parse)
  const done = new Set(entries.map((entry) => entry.done))
  for (const event of entries.filter((entry) => entry.id)) {
    known.add(event.id)
    if (done.has(event.id)) keepCopy(event)
    else waiting.push(event)
  }
}

/** An entry that was cut off was never answered with 2xx: it will come again. */
function parse(line) {
  try {
    return [JSON.parse(line)]
  } catch {
    return []
  }
}

// 3. Work, after the answer: here, keeping a copy of every contact.

const contacts = new Map()

function work() {
  for (const event of waiting.splice(0)) {
    try {
      handle(event)
      append({ done: event.id })
    } catch (error) {
      console.log(JSON.stringify({ failed: event.id, reason: String(error) }))
      waiting.push(event)
    }
  }
}

function handle(event) {
  console.log(JSON.stringify({ handled: event.id, event: event.event }))
  keepCopy(event)
}

/** Events may come in another order than they happened: `sequence` tells which is newer. */
function keepCopy(event) {
  if (!event.event.startsWith('contact.')) return
  const before = contacts.get(event.data.id)
  if (before && before.sequence >= event.data.sequence) return
  const state = event.event === 'contact.deleted' ? null : event.data
  contacts.set(event.data.id, { sequence: event.data.sequence, state })
}

// 4. Answer.

const server = http.createServer(async (request, response) => {
  const answer = (status, headers = {}) => response.writeHead(status, headers).end()
  if (request.method !== 'POST') return answer(405, { Allow: 'POST', Connection: 'close' })
  const chunks = []
  let size = 0
  try {
    for await (const chunk of request) {
      size += chunk.length
      if (size > BODY_BYTES_MAX) return answer(413, { Connection: 'close' })
      chunks.push(chunk)
    }
  } catch {
    return // the sender hung up
  }
  const body = Buffer.concat(chunks) // the bytes that were signed, not parsed and rebuilt
  if (!verify(SECRET, request.headers, body)) return answer(401)
  const event = JSON.parse(body)
  let isNew
  try {
    isNew = remember(event)
  } catch {
    return answer(503, { 'Retry-After': '30' })
  }
  answer(204)
  console.log(JSON.stringify({ received: event.id, new: isNew }))
  setImmediate(work)
})

recall()
work()
setInterval(work, 60_000).unref() // what failed is tried again
server.listen(PORT, '127.0.0.1', () => {
  console.log(JSON.stringify({ listening: server.address().port }))
})
