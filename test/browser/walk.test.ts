import { gzipSync } from 'node:zlib'
import { AxeBuilder } from '@axe-core/playwright'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { smallScreens } from './screens.ts'
import { browserLack, openBrowser, type RunningServer, settled, startServer, watchedPage } from './session.ts'

describe.skipIf(browserLack !== null)(`screens of the demonstration (${browserLack ?? 'in a browser'})`, () => {
  let server: RunningServer
  let browser: Browser

  beforeAll(async () => {
    server = await startServer(['--demo'])
    browser = await openBrowser()
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  describe.each(['light', 'dark'] as const)('%s', colorScheme => {
    it.each(smallScreens)(
      '%s shows no fault, and axe finds nothing serious',
      async path => {
        const { page, context, faults } = await watchedPage(browser, server.origin, { colorScheme })
        await page.goto(path)
        await settled(page)
        expect(await page.locator('h1').count()).toBe(1)
        expect(await page.title()).toContain('Letterlock')
        const { violations } = await new AxeBuilder({ page }).analyze()
        const serious = violations
          .filter(violation => violation.impact === 'serious' || violation.impact === 'critical')
          .map(violation => `${violation.id}: ${violation.nodes[0]?.html}`)
        expect(serious).toEqual([])
        expect(faults).toEqual([])
        await context.close()
      },
      60_000,
    )
  })

  it.each(smallScreens)('%s fits a window of 640 without sideways scrolling', async path => {
    const { page, context } = await watchedPage(browser, server.origin, { width: 640 })
    await page.goto(path)
    await settled(page)
    const [needed, there] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ])
    expect(needed).toBeLessThanOrEqual(there ?? 0)
    await context.close()
  })

  it('fits the first load into 250 KiB of gzip', async () => {
    const { page, context } = await watchedPage(browser, server.origin)
    const files = new Set<string>()
    page.on('response', response => {
      if (!response.url().includes('/api/')) files.add(response.url())
    })
    await page.goto('/')
    await settled(page)
    const sizes = await Promise.all([...files].filter(url => url.startsWith('http')).map(gzipSize))
    const total = sizes.reduce((sum, size) => sum + size, 0)
    expect(total).toBeGreaterThan(20 * 1024)
    expect(total).toBeLessThanOrEqual(250 * 1024)
    await context.close()
  })
})

async function gzipSize(url: string): Promise<number> {
  const answer = await fetch(url)
  return gzipSync(Buffer.from(await answer.arrayBuffer())).length
}
