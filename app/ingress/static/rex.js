// Sends <form data-rex> and rex.capture({…}) to the host of this script; see docs/sending.md.
// A lead waits in localStorage until we have answered. Its key makes it one lead within a day, however
// often it is sent.
(() => {
  'use strict'
  const script = document.currentScript || document.querySelector('script[src$="/rex.js"]')
  const endpoint = new URL('capture', script.src)
  const PREFIX = `rex:${endpoint.host}:`
  const TOUCHES = 'rex.touches'
  const KEPT_MS = 7 * 864e5
  const PARAMETERS = /^(utm_\w+|\w+clid|[gw]braid|gad_source|li_fat_id|rdt_cid|epik|sccid)$/

  // ---- Storage: localStorage, or the memory of this page where that is full or forbidden.

  const memory = {}
  const attempt = (work) => { try { return work() } catch { /* forbidden or full */ } }
  const read = (key) => attempt(() => localStorage[key]) ?? memory[key]
  const write = (key, text) => {
    memory[key] = text
    attempt(() => { localStorage[key] = text })
  }
  const remove = (key) => {
    delete memory[key]
    attempt(() => delete localStorage[key])
  }
  // Keys of what waits. Old leads go: the machine may be shared.
  const queued = () =>
    Object.keys({ ...memory, ...attempt(() => localStorage) })
      .filter((key) => key.startsWith(PREFIX))
      .filter((key) => Date.now() - parseInt(key.slice(PREFIX.length), 36) < KEPT_MS || remove(key))
      .sort()

  // ---- The queue: one request at a time, the oldest lead first.

  const waiting = {} // who waits for an answer, by key
  const dueAt = {} // when a lead may be tried again, by key
  let resumeAt = 0 // when the server wants to hear from us again
  let busy = false
  let failures = 0
  let timer

  const due = (key) => Math.max(dueAt[key] || 0, resumeAt)
  const next = () => queued().sort((one, other) => due(one) - due(other))[0]

  async function sendQueue() {
    if (busy) return
    busy = true
    clearTimeout(timer)
    let key
    while ((key = next()) && due(key) <= Date.now()) await send(key)
    if (key) timer = setTimeout(sendQueue, due(key) - Date.now())
    busy = false
  }

  async function send(key) {
    const body = read(key)
    if (!body) return remove(key) // sent by another tab
    let answer, said
    try {
      answer = await fetch(endpoint, { method: 'POST', body, keepalive: body.length < 6e4, signal: AbortSignal.timeout?.(2e4) })
      said = await answer.json()
    } catch { /* offline or blocked */ }
    const { target = document, resolve, reject } = waiting[key] || {}
    const status = said ? answer.status : 0
    if (!status || status === 429 || status > 499) {
      const told = 1e3 * answer?.headers.get('Retry-After')
      const retryAt = Date.now() + (told || Math.min(1e3 * 2 ** failures++, 6e4) * (0.5 + Math.random()))
      if (told || !status) resumeAt = retryAt
      else dueAt[key] = retryAt
      return tellLater(key)
    }
    failures = 0
    remove(key)
    delete waiting[key]
    if (answer.ok) resolve?.(emit('success', said.data, target) && said.data)
    else reject?.(emit('error', said.error, target) && said.error)
  }

  function tellLater(key) {
    const { target = document, later } = waiting[key] || {}
    if (emit('later', key, target)) later?.()
  }

  // Whether we show what happened: the page may prevent it for a form.
  const emit = (name, detail, target) =>
    target.dispatchEvent(new CustomEvent(`rex:${name}`, { detail, bubbles: true, cancelable: true })) || target === document

  function enqueue(fields, target, later) {
    const id = [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(36)).join('')
    const key = `${PREFIX}${Date.now().toString(36)}-${id}`
    const form = location.pathname.replace(/\/$/, '').slice(0, 100)
    const lead = { form, ...visit(), ...fields, _idempotency_key: id, _fill_ms: Math.round(performance.now()) }
    if (consented) lead._touches = touches()
    write(key, JSON.stringify(lead))
    return new Promise((resolve, reject) => {
      waiting[key] = { target, resolve, reject, later }
      if (resumeAt > Date.now()) tellLater(key)
      sendQueue()
    })
  }

  addEventListener('online', () => {
    resumeAt = 0
    sendQueue()
  })
  addEventListener('pageshow', sendQueue)
  // Nobody learns what became of a beacon: its lead stays until the next visit.
  addEventListener('pagehide', () => queued().forEach((key) => navigator.sendBeacon(endpoint, read(key))))

  // ---- Attribution: this page's, and with consent that of earlier visits.

  let consented = false
  const touches = () => attempt(() => JSON.parse(read(TOUCHES)).slice(0)) || []

  function page() {
    const told = {}
    for (const [name, value] of new URLSearchParams(location.search)) {
      if (PARAMETERS.test(name)) told[name] = value.slice(0, 200)
    }
    const from = document.referrer
    const inside = from && new URL(from).host === location.host
    if (from && !inside) told.referrer = from.slice(0, 200)
    if (!inside) told.landing_page = location.origin + location.pathname
    return told
  }

  function visit() {
    const { at, ...told } = (consented && touches().at(-1)) || page()
    return told
  }

  function consent(granted = true) {
    if (!granted) remove(TOUCHES)
    const allowed = granted && !navigator.globalPrivacyControl
    if (allowed && !consented) {
      const [first, ...others] = [...touches(), { at: new Date().toISOString(), ...page() }]
      const { at, landing_page, ...told } = others.at(-1) || {}
      // A page further in, or the same one again, is no visit.
      if (performance.navigation?.type || !Object.keys(told)[0]) others.pop()
      write(TOUCHES, JSON.stringify([first, ...others.slice(-9)]))
    }
    consented = allowed
  }

  // ---- Forms.

  const shown = new WeakMap() // how to take back a form's errors

  document.addEventListener('submit', (event) => {
    const form = event.target
    if (event.defaultPrevented || !form.matches('[data-rex]')) return
    event.preventDefault()
    submit(form, fieldsOf(new FormData(form, event.submitter)), form.dataset)
  })

  async function submit(form, fields, texts) {
    if (texts.rex) fields.form = texts.rex
    shown.get(form)?.forEach((undo) => undo())
    say(form, '')
    setBusy(form, true)
    try {
      const later = () => say(form, texts.rexLater || 'Saved. We will send this as soon as possible.')
      if (await enqueue(fields, form, later)) {
        const target = fields._redirect && new URL(fields._redirect, location)
        if (target && target.protocol.startsWith('http')) return location.assign(target)
        form.reset()
        say(form, texts.rexSuccess || 'Thank you. We have received it.')
      }
    } catch (error) {
      if (error) showErrors(form, error)
    }
    setBusy(form, false)
  }

  // A repeated name becomes a list. Files are not sent.
  function fieldsOf(data) {
    const fields = {}
    for (const name of data.keys()) {
      const values = data.getAll(name).filter((value) => value.trim?.())
      if (values[0]) fields[name] = values[1] ? values : values[0]
    }
    return fields
  }

  function setBusy(form, is) {
    form.ariaBusy = is
    for (const each of form.elements) if (each.type === 'submit') each.disabled = is
  }

  function say(form, text) {
    let status = form.querySelector('[role=status]')
    if (!status) {
      status = document.createElement('p')
      status.setAttribute('role', 'status')
      form.append(status)
    }
    status.textContent = text
  }

  function showErrors(form, { message, fields = { '': message } }) {
    const undo = []
    shown.set(form, undo)
    for (const [name, problem] of Object.entries(fields)) {
      const found = form.elements[name] || form.querySelector(`[type="${name}"]`)
      const input = found instanceof RadioNodeList ? found[0] : found
      const text = `${input?.labels?.[0]?.textContent.trim() || name} ${problem}`
      if (!input) {
        say(form, text.trim())
        continue
      }
      const error = document.createElement('span')
      const described = input.getAttribute('aria-describedby') || ''
      error.className = 'rex-error'
      error.id = `rex-error-${name}`
      error.textContent = input.dataset.rexError || text
      input.after(error)
      input.setAttribute('aria-invalid', true)
      input.setAttribute('aria-describedby', `${described} ${error.id}`)
      undo.push(() => {
        error.remove()
        input.removeAttribute('aria-invalid')
        if (described) input.setAttribute('aria-describedby', described)
        else input.removeAttribute('aria-describedby')
      })
      if (!undo[1]) input.focus()
    }
  }

  if (script.dataset.consent === 'granted') consent()
  window.rex = { capture: (fields) => enqueue(fields, document), consent }
  sendQueue()
})()
