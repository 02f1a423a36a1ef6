// Takes the pictures of the README from the demonstration: npm run screenshots (needs a build and chromium)
import { fileURLToPath } from 'node:url'
import { openBrowser, settled, startServer, watchedPage } from '../test/browser/session.ts'

const pictures = [
  { file: 'screenshot.png', path: '/', colorScheme: 'light' },
  { file: 'screenshot-dark.png', path: '/', colorScheme: 'dark' },
] as const

const server = await startServer(['--demo'])
const browser = await openBrowser()
try {
  for (const { file, path, colorScheme } of pictures) {
    const { page, context } = await watchedPage(browser, server.origin, { colorScheme, width: 1280, height: 1580 })
    await page.goto(path)
    await settled(page)
    await page.screenshot({ path: fileURLToPath(new URL(`../docs/${file}`, import.meta.url)) })
    await context.close()
    console.log(`took docs/${file}`)
  }
} finally {
  await browser.close()
  await server.stop()
}
