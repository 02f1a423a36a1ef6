import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { screens } from './screens.ts'
import { browserLack, openBrowser, type RunningServer, settled, startServer, watchedPage } from './session.ts'

interface NumberLink {
  readonly text: string
  readonly number: number
  readonly href: string
}

/** A list of the API: what is no aggregate has its total at the top. */
interface Answer {
  readonly data?: { readonly total: Readonly<Record<string, unknown>> }
  readonly total?: Readonly<Record<string, unknown>>
}

/** Links whose sums the API gives again: the filters of the app have the names of the API. */
const listPaths = ['/rows', '/reports', '/tls/failures', '/tls/results', '/failure-reports', '/quarantine']

describe.skipIf(browserLack !== null)(`numbers lead to their rows (${browserLack ?? 'in a browser'})`, () => {
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

  it.each(screens)(
    'every number of %s is the sum of the rows it leads to',
    async path => {
      const { page, context } = await watchedPage(browser, server.origin)
      await page.goto(path)
      await settled(page)
      const links = await numberLinks(page)
      const wrong: string[] = []
      for (const link of links) {
        const sums = await sumsOf(server.origin, link.href)
        if (sums !== null && !sums.includes(link.number)) wrong.push(`${link.text} → ${link.href}: ${sums.join(' ')}`)
      }
      expect(wrong).toEqual([])
      await context.close()
    },
    120_000,
  )

  it('a claim opens to who says so, and each of its numbers is the sum of the rows it leads to', async () => {
    const { page, context, faults } = await watchedPage(browser, server.origin)
    await page.goto('/domains/example.org')
    await settled(page)
    for (const text of ['derived from the newest record that reports show', 'reported by 9']) {
      await page.getByRole('button', { name: text }).first().click()
      const panel = page.getByRole('dialog')
      await panel.waitFor()
      const entries = await panel.locator('li').evaluateAll(lines =>
        lines.map(line => ({
          text: line.textContent ?? '',
          href: line.querySelector('a')?.href ?? '',
          number: Number(/^([\d,]+) reports?$/.exec(line.querySelector('a')?.textContent ?? '')?.[1]?.replace(',', '')),
        })),
      )
      expect(entries.length).toBeGreaterThan(1)
      for (const entry of entries) {
        const sums = await sumsOf(server.origin, entry.href)
        expect(sums, entry.text).not.toBeNull()
        if (!Number.isNaN(entry.number)) expect(sums, entry.text).toContain(entry.number)
      }
      await page.keyboard.press('Escape')
      await panel.waitFor({ state: 'detached' })
    }
    expect(faults).toEqual([])
    await context.close()
  }, 60_000)

  it.each(['/', '/domains/example.org', '/senders', '/tls'])(
    'following a number of %s shows the same number',
    async path => {
      const { page, context, faults } = await watchedPage(browser, server.origin)
      await page.goto(path)
      await settled(page)
      const links = (await numberLinks(page))
        .filter(link => listPaths.includes(new URL(link.href).pathname))
        // There the sum stands as two numbers; the test above adds them.
        .filter(link => new URL(link.href).pathname !== '/tls/results')
      expect(links.length).toBeGreaterThan(0)
      for (const link of links.slice(0, 3)) {
        await page.goto(link.href)
        await settled(page)
        await expect.poll(() => page.locator('main').textContent(), { timeout: 15_000 }).toContain(link.text)
      }
      expect(faults).toEqual([])
      await context.close()
    },
    60_000,
  )
})

/** Links whose whole text is a whole number; each target once. */
async function numberLinks(page: Page): Promise<NumberLink[]> {
  const found = await page.locator('main a[href]').evaluateAll(anchors =>
    anchors.map(anchor => ({
      text: (anchor.textContent ?? '').trim(),
      href: anchor instanceof HTMLAnchorElement ? anchor.href : '',
    })),
  )
  const numbers = found
    .filter(({ text }) => /^\d{1,3}([,\u202f\u00a0]?\d{3})*$/.test(text))
    .map(({ text, href }) => ({ text, href, number: Number(text.replace(/\D/g, '')) }))
  return [...new Map(numbers.map(link => [`${link.href} ${link.number}`, link])).values()]
}

/** Every sum that the API gives for the target of a link; null where it is no list. */
async function sumsOf(origin: string, href: string): Promise<number[] | null> {
  const { pathname, searchParams } = new URL(href)
  if (!listPaths.includes(pathname)) return null
  for (const view of ['key', 'order', 'open']) searchParams.delete(view)
  searchParams.set('limit', '1')
  const answer = await fetch(`${origin}/api/v1${pathname}?${searchParams}`)
  if (!answer.ok) return []
  const body = (await answer.json()) as Answer
  const total = body.data?.total ?? body.total ?? {}
  const sums = Object.values(total).filter(value => typeof value === 'number')
  // Sessions of a policy are those that succeeded and those that failed.
  return [...sums, Number(total['successful'] ?? 0) + Number(total['failed'] ?? 0)]
}
