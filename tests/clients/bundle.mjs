// bundle.mjs SNIPPET OUT: a component of docs/sending.md (.jsx or .vue), mounted at #app, as one script.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const [snippet, out] = process.argv.slice(2)
const require = createRequire(`${process.cwd()}/package.json`)
const MOUNT = {
  jsx: (path) => `
    import { createElement } from 'react'
    import { createRoot } from 'react-dom/client'
    import { DemoForm } from '${path}'
    createRoot(document.getElementById('app')).render(createElement(DemoForm))`,
  vue: (path) => `
    import { createApp } from 'vue'
    import Form from '${path}'
    createApp(Form).mount('#app')`,
}

function compiled(path) {
  const { compileScript, parse } = require('vue/compiler-sfc')
  const { descriptor, errors } = parse(readFileSync(path, 'utf8'))
  if (errors.length) throw errors[0]
  writeFileSync(`${path}.js`, compileScript(descriptor, { id: 'form', inlineTemplate: true }).content)
  return `${path}.js`
}

const kind = snippet.split('.').at(-1)
const contents = MOUNT[kind](kind === 'vue' ? compiled(snippet) : snippet)
await require('esbuild').build({
  stdin: { contents, resolveDir: process.cwd() },
  bundle: true,
  jsx: 'automatic',
  outfile: out,
  define: { 'process.env.NODE_ENV': '"production"', __VUE_OPTIONS_API__: 'false', __VUE_PROD_DEVTOOLS__: 'false', __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'false' },
})
