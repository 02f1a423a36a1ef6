// What the browser loads before the first screen stands: the entry, its style sheets and scripts, and those of Today.
// Prints the sizes and fails above the limit. Run after `vite build`.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'

const limitKiB = 250
const firstScreen = 'src/screens/today/today.tsx'

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist')
const manifest = JSON.parse(readFileSync(join(dist, '.vite', 'manifest.json'), 'utf8'))
const entry = Object.keys(manifest).find(name => manifest[name].isEntry)

/** Files that a chunk needs before it can run: its own, and those of what it imports. */
function collect(name, found = new Set()) {
  const chunk = manifest[name]
  if (chunk === undefined) throw new Error(`The build has no chunk ${name}.`)
  if (found.has(chunk.file)) return found
  found.add(chunk.file)
  for (const sheet of chunk.css ?? []) found.add(sheet)
  for (const imported of chunk.imports ?? []) collect(imported, found)
  return found
}

const files = new Set(['index.html', 'scheme.js', ...collect(entry), ...collect(firstScreen)])
const sizes = [...files]
  .map(file => ({ file, bytes: gzipSync(readFileSync(join(dist, file)), { level: 9 }).length }))
  .sort((one, two) => two.bytes - one.bytes)
const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0) / 1024
for (const { file, bytes } of sizes) console.log(`${(bytes / 1024).toFixed(1).padStart(8)} KiB  ${file}`)
console.log(`${total.toFixed(1).padStart(8)} KiB  first load, gzip (limit ${limitKiB})`)
if (total > limitKiB) process.exitCode = 1
