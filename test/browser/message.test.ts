import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserLack, openBrowser, type RunningServer, settled, startServer, watchedPage } from './session.ts'

const plain = 'From: Somebody <a@example.com>\nSubject: x\n\nHello\n'

describe.skipIf(browserLack !== null)(`checking a message (${browserLack ?? 'in a browser'})`, () => {
  let demo: RunningServer
  let server: RunningServer
  let browser: Browser

  beforeAll(async () => {
    demo = await startServer(['--demo'])
    server = await startServer([])
    browser = await openBrowser()
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await demo?.stop()
  })

  it('says what to do before there is anything, and takes nothing empty', async () => {
    const { page, context, faults } = await watchedPage(browser, server.origin)
    await page.goto('/message')
    await settled(page)
    expect(await page.locator('main').textContent()).toContain('No message is explained yet')
    expect(await page.getByRole('button', { name: 'Explain', exact: true }).isDisabled()).toBe(true)
    expect(faults).toEqual([])
    await context.close()
  })

  describe.each(['light', 'dark'] as const)('%s', colorScheme => {
    it('an example is explained, with every detail open axe finds nothing serious', async () => {
      const { page, context, faults } = await watchedPage(browser, demo.origin, { colorScheme })
      await page.goto('/message')
      await settled(page)
      await page.getByRole('button', { name: 'A mailing list that changed the text' }).click()
      await answered(page, 'This message is not proven to come from example.com.')
      const steps = await page.locator('.message-steps > li h3').allTextContents()
      expect(steps.map(text => text.split(':')[0]?.trim())).toEqual([
        'Who it says it is from',
        'Who really sent it',
        'SPF',
        'DKIM',
        'ARC',
        'DMARC',
      ])
      for (const summary of await page.locator('main details > summary').all()) await summary.click()
      expect(await page.locator('main').textContent()).toContain('s2026._domainkey.example.com')
      const { violations } = await new AxeBuilder({ page }).analyze()
      const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
      expect(serious.map(({ id, nodes }) => `${id}: ${nodes[0]?.html}`)).toEqual([])
      expect(faults).toEqual([])
      await context.close()
    })
  })

  it('by keyboard alone: there, the text, the fields, and the answer gets the focus', async () => {
    const { page, context, faults } = await watchedPage(browser, demo.origin)
    await page.goto('/')
    await settled(page)
    await page.keyboard.press('g')
    await page.keyboard.press('m')
    await page.waitForURL(/\/message/)
    await settled(page)
    const source = page.getByLabel('Message with all its header fields')
    await source.focus()
    await page.keyboard.insertText(plain)
    for (const text of ['192.0.2.10', 'mx.example.com', 'b@example.com']) {
      await page.keyboard.press('Tab')
      await page.keyboard.insertText(text)
    }
    await page.keyboard.press('Enter')
    await answered(page, 'This message is proven to come from example.com.')
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('message-result')
    await source.focus()
    await page.keyboard.press('Control+Enter')
    await answered(page, 'This message is proven to come from example.com.')
    expect(faults).toEqual([])
    await context.close()
  })

  it('a dropped file is explained and not imported', async () => {
    const { page, context, faults } = await watchedPage(browser, server.origin)
    const posted: string[] = []
    page.on('request', request => {
      if (request.method() === 'POST') posted.push(new URL(request.url()).pathname)
    })
    await page.goto('/message')
    await settled(page)
    await page.evaluate(
      text => {
        const dataTransfer = new DataTransfer()
        dataTransfer.items.add(new File([text], 'letter.eml'))
        document.body.dispatchEvent(new DragEvent('dragover', { bubbles: true, cancelable: true, dataTransfer }))
        document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer }))
      },
      `${plain}From: x@example.org`.replace('From: Somebody', 'From: x@example.net\nFrom: Somebody'),
    )
    await page.getByText('letter.eml').waitFor()
    await page.getByRole('button', { name: 'Explain', exact: true }).click()
    await answered(page, 'Nobody can tell whom this message is from.')
    expect(posted).toEqual(['/api/v1/messages/explain'])
    await page.getByRole('button', { name: 'Take it away' }).click()
    await page.getByLabel('Message with all its header fields').waitFor()
    expect(faults).toEqual([])
    await context.close()
  })

  it('a refusal stands there as a sentence, and the form keeps what was typed', async () => {
    const { page, context } = await watchedPage(browser, demo.origin)
    await page.goto('/message')
    await settled(page)
    await page.getByLabel('Message with all its header fields').fill(plain)
    await page.getByLabel('Address of the server').fill('not an address')
    await page.getByRole('button', { name: 'Explain', exact: true }).click()
    await page.getByRole('alert').getByText('query.ip: is no IPv4 or IPv6 address').waitFor()
    expect(await page.getByLabel('Message with all its header fields').inputValue()).toBe(plain)
    await context.close()
  })

  it('text of a message is shown as text', async () => {
    const { page, context, faults } = await watchedPage(browser, demo.origin)
    await page.goto('/message')
    await settled(page)
    const hostile = '<img src=x onerror=alert(1)>'
    await page.getByLabel('Message with all its header fields').fill(plain.replace('Subject: x', `Subject: ${hostile}`))
    await page.getByRole('button', { name: 'Explain', exact: true }).click()
    await answered(page, 'Whether this message comes from example.com is not decided: SPF was not tested.')
    await page.locator('.message-steps details > summary').first().click()
    await page.getByText(hostile).first().waitFor()
    expect(await page.locator('main img').count()).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  })

  it('the answer fits a window of 640 without sideways scrolling', async () => {
    const { page, context } = await watchedPage(browser, demo.origin, { width: 640 })
    await page.goto('/message')
    await settled(page)
    await page.getByRole('button', { name: 'A newsletter service' }).click()
    await answered(page, 'This message is not proven to come from example.com.')
    for (const summary of await page.locator('main details > summary').all()) await summary.click()
    const [needed, there] = await page.evaluate(() => [
      document.documentElement.scrollWidth,
      document.documentElement.clientWidth,
    ])
    expect(needed).toBeLessThanOrEqual(there ?? 0)
    await context.close()
  })
})

async function answered(page: Page, headline: string): Promise<void> {
  await page.getByRole('heading', { name: headline, exact: true }).waitFor({ timeout: 15_000 })
  await settled(page)
}
