// Other people's libraries verify a delivery: node verify.mjs, with a JSON object on stdin:
// {secret, own, body, headers}.

import { readFileSync } from 'node:fs'
import { Webhook } from 'standardwebhooks'
import Stripe from 'stripe'

const { secret, own, body, headers } = JSON.parse(readFileSync(0, 'utf8'))
const stripe = new Stripe('sk_test_none')
const verifiers = [
  (text) => new Webhook(secret, own ? { format: 'raw' } : {}).verify(text, headers),
  (text) => stripe.webhooks.signature.verifyHeader(text, headers['x-rex-signature'], secret, 300),
]
for (const verify of verifiers) {
  if (!verify(body)) throw new Error('not verified')
  let refused = false
  try {
    verify(body.replace('evt_1', 'evt_2'))
  } catch {
    refused = true
  }
  if (!refused) throw new Error('anything is verified')
}
