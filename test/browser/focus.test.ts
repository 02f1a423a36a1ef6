import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserLack, openBrowser, type RunningServer, settled, startServer, watchedPage } from './session.ts'

describe.skipIf(browserLack !== null)(`where the focus is (${browserLack ?? 'in a browser'})`, () => {
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

  async function open(path: string): Promise<Page> {
    const { page } = await watchedPage(browser, server.origin)
    await page.goto(path)
    await settled(page)
    return page
  }

  /** Waits until the heading with this text has the focus. */
  async function headingHasFocus(page: Page, title: string): Promise<void> {
    await page.waitForFunction(
      wanted => document.activeElement?.tagName === 'H1' && document.activeElement.textContent?.trim() === wanted,
      title,
      { timeout: 10_000 },
    )
    expect(await page.title()).toBe(`${title} · Letterlock`)
  }

  it('a screen that is opened by its address leaves the focus at the top of the page', async () => {
    const page = await open('/senders')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BODY')
    expect(await page.title()).toBe('Senders · Letterlock')
  })

  it('goes to the heading by a link of the navigation, by keys, by search, and by going back', async () => {
    const page = await open('/')
    await page
      .getByRole('navigation')
      .getByRole('link', { name: /^Senders/ })
      .click()
    await headingHasFocus(page, 'Senders')
    await page.keyboard.press('g')
    await page.keyboard.press('r')
    await headingHasFocus(page, 'Reports')
    await page.keyboard.press('/')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.type('example.net')
    await page.getByRole('dialog').getByText('example.net').first().waitFor()
    await page.keyboard.press('Enter')
    await headingHasFocus(page, 'example.net')
    await page.goBack()
    await headingHasFocus(page, 'Reports')
  })

  it('goes from one domain to another', async () => {
    const page = await open('/domains/example.org')
    await page.keyboard.press('/')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.type('shop.example')
    await page.getByRole('dialog').getByText('shop.example').first().waitFor()
    await page.keyboard.press('Enter')
    await headingHasFocus(page, 'shop.example')
  })

  it('the next Tab after a change of screens is the first control of its content', async () => {
    const page = await open('/')
    await page
      .getByRole('navigation')
      .getByRole('link', { name: /^Domains/ })
      .click()
    await headingHasFocus(page, 'Domains')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true)
    expect(await page.evaluate(() => document.activeElement?.hasAttribute('data-filter'))).toBe(true)
  })

  it('stays where it is while a row opens or the order changes', async () => {
    const page = await open('/senders?domain=example.org')
    await page.keyboard.press('j')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/senders?*open=*')
    await settled(page)
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-expanded'))).toBe('true')
    await page.getByRole('radio', { name: 'By volume' }).check()
    await page.waitForURL('**/senders?*order=messages*')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('INPUT')
  })

  it('the way past the navigation leads to the content and leaves the address alone', async () => {
    const page = await open('/senders?domain=example.org')
    const address = page.url()
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content')
    expect(page.url()).toBe(address)
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.closest('main') !== null)).toBe(true)
  })

  it('a dialog gives the focus back', async () => {
    const page = await open('/senders')
    await page.getByRole('button', { name: '? keys' }).click()
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('? keys')
  })

  it.each([
    ['/', / things? needs? you · Letterlock$/],
    ['/domains', /^Domains · Letterlock$/],
    ['/domains/example.org', /^example\.org · Letterlock$/],
    ['/by-reporter', /^Senders by reporter · Letterlock$/],
    ['/tls', /^Inbound TLS · Letterlock$/],
    ['/tls/failures', /^TLS failures · Letterlock$/],
    ['/rows', /^Rows · Letterlock$/],
    ['/failure-reports', /^Failure reports · Letterlock$/],
    ['/quarantine', /^Quarantine · Letterlock$/],
    ['/sources', /^Sources · Letterlock$/],
    ['/no-such-screen', /· Letterlock$/],
  ])('%s has a title of its own', async (path, title) => {
    const page = await open(path)
    await expect.poll(() => page.title(), { timeout: 10_000 }).toMatch(title)
    await page.context().close()
  })
})
