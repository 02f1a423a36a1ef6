// Writes the documents that are made from the program: npm run docs
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { generatedDocuments } from './docs/generated.ts'

for (const [path, make] of Object.entries(generatedDocuments)) {
  writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), await make())
  console.log(`wrote ${path}`)
}
