/* Proofs of work for forms (altcha.org), where an org asks for them; without a worker.
 *
 *   <script src="https://acme.example.com/rex-pow.js" defer></script>
 *   <form action="https://acme.example.com/capture" method="post" data-rex-pow> … </form>
 *
 * It computes once somebody begins to fill in the form, a slice at a time, so that the page stays
 * responsive. Works beside rex.js (`<form data-rex data-rex-pow>`). Scripts without a form call
 * `await rexProof()` and send its text in the field `altcha`.
 */
(() => {
  const SLICE = 500
  const FIELD = 'altcha'
  const CHALLENGE_MS = 18 * 60 * 1000 // the server takes an answer for 20 minutes
  const challengeUrl = new URL('/altcha', document.currentScript.src)
  const encoder = new TextEncoder()

  const hex = (buffer) =>
    Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('')

  // Lets the page do other things. Not by a timer: those of a tab in the background take a second each.
  const breathe = () =>
    new Promise((resume) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = () => resume(port1.close())
      port2.postMessage(0)
    })

  async function solve({ algorithm, challenge, maxnumber, salt, signature }) {
    for (let from = 0; from <= maxnumber; from += SLICE) {
      const numbers = Array.from({ length: SLICE }, (_, offset) => from + offset)
      const hashes = await Promise.all(
        numbers.map((number) => crypto.subtle.digest(algorithm, encoder.encode(salt + number)))
      )
      const found = hashes.findIndex((hash) => hex(hash) === challenge)
      if (found >= 0) {
        return btoa(JSON.stringify({ algorithm, challenge, number: from + found, salt, signature }))
      }
      await breathe()
    }
    throw new Error('rex-pow: the challenge has no solution')
  }

  const pause = () => new Promise((resume) => setTimeout(resume, 1000))

  async function rexProof() {
    const answer = await fetch(challengeUrl, { credentials: 'omit' })
    if (!answer.ok) throw new Error(`rex-pow: ${answer.status} for a challenge`)
    return solve(await answer.json())
  }

  function attend(form) {
    const input = document.createElement('input')
    Object.assign(input, { type: 'hidden', name: FIELD })
    form.append(input)
    let proof // a promise; good for one submission
    let since = 0
    let isSending = false

    const prove = () => {
      if (!proof || Date.now() - since > CHALLENGE_MS) {
        since = Date.now()
        // Without a proof the form is sent all the same: nobody is turned away.
        proof = rexProof().catch(pause).then((found) => found || rexProof()).catch(() => '')
      }
      return proof
    }
    form.addEventListener('focusin', prove)
    form.addEventListener('submit', async (event) => {
      if (event.defaultPrevented) return
      if (isSending && input.value !== '') return void (isSending = false)
      event.preventDefault()
      event.stopImmediatePropagation() // rex.js sends it the next time
      if (isSending) return
      input.value = ''
      isSending = true
      input.value = (await prove()) || 'none'
      await breathe() // until this event is over, the form ignores another request to submit
      proof = undefined
      form.requestSubmit(event.submitter)
    })
    // Sent, by whomever: the next submission needs another one.
    form.addEventListener('formdata', () => setTimeout(() => (input.value = '')))
  }

  window.rexProof = rexProof
  document.querySelectorAll('form[data-rex-pow]').forEach(attend)
})()
