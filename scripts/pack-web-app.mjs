// Puts the built web app into the package of the program before it is packed, and takes it out again afterwards: in the
// workspace the program finds the app where it is built.
import { cpSync, existsSync, rmSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const built = fileURLToPath(new URL('../packages/web/dist', import.meta.url))
const packed = fileURLToPath(new URL('../packages/letterlock/dist/web', import.meta.url))

rmSync(packed, { recursive: true, force: true })
if (process.argv[2] === 'put') {
  if (!existsSync(built)) throw new Error('the web app is not built: npm run build')
  cpSync(built, packed, { recursive: true, filter: path => !path.endsWith('.map') && !path.includes('/.vite') })
}
