// Posts a body as JSON by Node's fetch; prints the answer.
const [url, body] = process.argv.slice(2)
const headers = { 'Content-Type': 'application/json' }
const answer = await fetch(url, { method: 'POST', headers, body })
console.log(answer.status, await answer.text())
