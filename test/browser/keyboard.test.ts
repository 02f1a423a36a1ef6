import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { browserLack, openBrowser, type RunningServer, settled, startServer, watchedPage } from './session.ts'

describe.skipIf(browserLack !== null)(`everything by keyboard (${browserLack ?? 'in a browser'})`, () => {
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

  it.each([
    ['/', 'search'],
    ['?', 'the list of keys'],
    ['Control+k', 'the palette'],
  ])('%s opens %s, Escape closes it', async key => {
    const page = await open('/')
    await page.keyboard.press(key)
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  it('search finds a domain and Enter goes there', async () => {
    const page = await open('/')
    await page.keyboard.press('/')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.type('example.net')
    await page.getByRole('dialog').getByText('example.net').first().waitFor()
    await page.keyboard.press('Enter')
    await page.waitForURL('**/domains/example.net*')
  })

  it('Enter right after typing goes to what was typed, not to what was found before', async () => {
    const page = await open('/')
    // The answer to the first letters stays on the page while the whole text is looked for.
    await page.route('**/api/v1/search?q=shop.example', async route => {
      await new Promise(resolve => setTimeout(resolve, 1_500))
      await route.continue()
    })
    await page.keyboard.press('/')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.type('example')
    await page.getByRole('dialog').getByRole('link').first().waitFor()
    await page.keyboard.press('Control+a')
    await page.keyboard.type('shop.example')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/domains/shop.example*')
  })

  it('g and a letter go to a screen and keep the scope', async () => {
    const page = await open('/?domain=example.org')
    await page.keyboard.press('g')
    await page.keyboard.press('s')
    await page.waitForURL('**/senders?*domain=example.org*')
  })

  it('j and k move through the rows, Enter opens one', async () => {
    const page = await open('/senders?domain=example.org')
    await page.keyboard.press('j')
    const first = await focusedText(page)
    await page.keyboard.press('j')
    const second = await focusedText(page)
    expect(first).not.toBe('')
    expect(second).not.toBe(first)
    await page.keyboard.press('k')
    expect(await focusedText(page)).toBe(first)
    await page.keyboard.press('Enter')
    await page.waitForURL('**/senders?*open=*')
    await page.locator('main [aria-expanded="true"]').first().waitFor()
  })

  it('f narrows the list of domains; the URL holds it, arrow down goes to the rows', async () => {
    const page = await open('/domains')
    await page.keyboard.press('f')
    await page.keyboard.type('SHOP')
    await page.waitForURL('**/domains?text=SHOP')
    await settled(page)
    // Part of a name, or of a tag; of another domain neither.
    expect(await page.locator('main tbody [data-row]').allTextContents()).toEqual(['shop.example'])
    await page.keyboard.press('ArrowDown')
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('shop.example')
    await page.reload()
    await settled(page)
    expect(await page.locator('main tbody [data-row]').allTextContents()).toEqual(['shop.example'])
    await page.keyboard.press('f')
    await page.keyboard.press('Control+a')
    await page.keyboard.type('nothing like this')
    await page.getByText('Nothing fits these filters.').waitFor()
    await page.getByRole('link', { name: 'Take the filters away' }).click()
    await page.waitForURL('**/domains')
    await page.locator('main tbody [data-row]').nth(4).waitFor()
    expect(await page.getByRole('searchbox').inputValue()).toBe('')
  })

  it('heads of the list of domains order it, and turn the order round', async () => {
    const page = await open('/domains')
    const names = () => page.locator('main tbody [data-row]').allTextContents()
    const byName = ['example.com', 'example.net', 'example.org', 'parked.example', 'shop.example']
    await page.getByRole('button', { name: 'Domain', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.waitForURL('**/domains?order=name')
    await expect.poll(names).toEqual(byName)
    expect(await page.locator('th[aria-sort="ascending"]').textContent()).toBe('Domain')
    await page.keyboard.press('Enter')
    await page.waitForURL('**/domains?order=name.down')
    await expect.poll(names).toEqual([...byName].reverse())
    expect(await page.locator('th[aria-sort="descending"]').textContent()).toBe('Domain')
    await page.getByRole('button', { name: 'Aligned %' }).press('Enter')
    await page.waitForURL('**/domains?order=aligned')
    // The worst first.
    await expect.poll(async () => (await names())[0]).toBe('parked.example')
  })

  it('the first Tab shows the way past the navigation', async () => {
    const page = await open('/')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.getAttribute('href'))).toBe('#content')
  })

  it('whatever has the focus shows it', async () => {
    const page = await open('/senders?domain=example.org')
    const hidden: string[] = []
    for (let step = 0; step < 30; step += 1) {
      await page.keyboard.press('Tab')
      const seen = await page.evaluate(() => {
        const active = document.activeElement
        if (active === null || active === document.body) return null
        const style = getComputedStyle(active)
        const hasRing = style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2
        return { hasRing: hasRing || style.boxShadow !== 'none', html: active.outerHTML.slice(0, 120) }
      })
      if (seen !== null && !seen.hasRing) hidden.push(seen.html)
    }
    expect(hidden).toEqual([])
  })

  it('a URL holds every filter', async () => {
    const page = await open('/senders?domain=example.org&decision=undecided')
    const shown = await page.locator('main').textContent()
    await page.reload()
    await settled(page)
    expect(await page.locator('main').textContent()).toBe(shown)
    expect(page.url()).toContain('decision=undecided')
  })
})

/** Text of the row that the focused control opens. */
function focusedText(page: Page): Promise<string> {
  return page.evaluate(() => document.activeElement?.closest('[data-row]')?.closest('tr')?.textContent ?? '')
}
