import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { demoMails } from '../../packages/letterlock/src/demo/demo-mails.ts'
import { browserLack, openBrowser, type RunningServer, settled, startServer, watchedPage } from './session.ts'

const yesterday = Math.floor(Date.now() / 86_400_000) - 1

/** Text that would do harm wherever it is taken for markup, a formula or an escape sequence. */
const hostile = {
  organization: '<img src=x onerror=alert(1)>',
  selector: '=HYPERLINK("http://192.0.2.1/","x")',
  comment: '</script><script>alert(2)</script>',
  /** Labels as long as they may be, with nothing to break a line at. */
  domain: `${'x'.repeat(63)}.${'y'.repeat(63)}.example`,
}

const hostileReport = `<?xml version="1.0"?>
<feedback><report_metadata><org_name>${escaped(hostile.organization)}</org_name>
<email>"&gt;&lt;b&gt;@reporter.example</email><report_id>+cmd|'/C calc'!A0</report_id>
<date_range><begin>${yesterday * 86400}</begin><end>${yesterday * 86400 + 86399}</end></date_range></report_metadata>
<policy_published><domain>hostile.example</domain><p>none</p></policy_published>
<record><row><source_ip>192.0.2.66</source_ip><count>3</count><policy_evaluated><disposition>none</disposition>
<dkim>fail</dkim><spf>fail</spf><reason><type>other</type><comment>${escaped(hostile.comment)}</comment></reason>
</policy_evaluated></row><identifiers><header_from>hostile.example</header_from></identifiers>
<auth_results><dkim><domain>${hostile.domain}</domain><selector>${escaped(hostile.selector)}</selector>
<result>pass</result></dkim></auth_results></record></feedback>
`

describe.skipIf(browserLack !== null)(`dropping files onto the page (${browserLack ?? 'in a browser'})`, () => {
  let server: RunningServer
  let browser: Browser

  beforeAll(async () => {
    server = await startServer([])
    browser = await openBrowser()
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
  })

  it('an empty instance says what to do', async () => {
    const { page, context, faults } = await watchedPage(browser, server.origin)
    await page.goto('/')
    await settled(page)
    expect(await page.locator('main').textContent()).toMatch(/drop/i)
    expect(faults).toEqual([])
    await context.close()
  })

  it('imports what is dropped, and the same again adds nothing', async () => {
    const { page, context, faults } = await watchedPage(browser, server.origin)
    await page.goto('/')
    await settled(page)
    const mails = [...demoMails(yesterday)].slice(-30)
    const files = mails.map(mail => ({ name: mail.name, base64: mail.bytes.toString('base64') }))
    await drop(page, files)
    await expect.poll(() => reportCount(server.origin), { timeout: 30_000 }).toBe(mails.length)
    await drop(page, files)
    await page
      .getByText(/30.{0,40}known|known.{0,40}30/i)
      .first()
      .waitFor({ timeout: 30_000 })
    expect(await reportCount(server.origin)).toBe(mails.length)
    expect(faults).toEqual([])
    await context.close()
  }, 180_000)

  it('hostile strings reach every screen as text', async () => {
    const { page, context, faults } = await watchedPage(browser, server.origin)
    page.on('dialog', dialog => {
      faults.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    await page.goto('/')
    await settled(page)
    const before = await reportCount(server.origin)
    await drop(page, [{ name: '=cmd|<b>.xml', base64: Buffer.from(hostileReport).toString('base64') }])
    await expect.poll(() => reportCount(server.origin), { timeout: 30_000 }).toBe(before + 1)
    for (const path of ['/', '/domains', '/senders', '/by-reporter', '/reports', '/rows'].map(onHostile)) {
      await page.goto(path)
      await settled(page)
      for (const width of [1440, 1024, 640]) {
        await page.setViewportSize({ width, height: 900 })
        const [needed, there] = await page.evaluate(() => [
          document.documentElement.scrollWidth,
          document.documentElement.clientWidth,
        ])
        expect(needed, `${path} at ${width}`).toBeLessThanOrEqual(there ?? 0)
      }
    }
    expect(await page.locator('main').textContent()).toContain(hostile.organization)
    expect(await page.locator('img').count()).toBe(0)
    expect(faults).toEqual([])
    await context.close()
  }, 180_000)

  it('hostile strings are defused in CSV', async () => {
    const csv = await (await fetch(`${server.origin}/api/v1/rows?domain=hostile.example&format=csv`)).text()
    const cells = csv.split(/\r?\n/).flatMap(line => line.split(','))
    expect(cells.filter(cell => /^"?[=+@-][^\d]/.test(cell))).toEqual([])
    const reports = await (await fetch(`${server.origin}/api/v1/reports?domain=hostile.example&format=csv`)).text()
    expect(reports).toContain("'+cmd|")
  })
})

function onHostile(path: string): string {
  return `${path}?domain=hostile.example`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** Drops files onto the page as a person does, through the events of the browser. */
async function drop(page: Page, files: readonly { readonly name: string; readonly base64: string }[]): Promise<void> {
  const dataTransfer = await page.evaluateHandle(given => {
    const transfer = new DataTransfer()
    for (const { name, base64 } of given) {
      const bytes = Uint8Array.from(atob(base64), character => character.charCodeAt(0))
      transfer.items.add(new File([bytes], name))
    }
    return transfer
  }, files)
  for (const type of ['dragenter', 'dragover', 'drop']) await page.dispatchEvent('body', type, { dataTransfer })
}

async function reportCount(origin: string): Promise<number> {
  const answer = await fetch(`${origin}/api/v1/reports?from=2000-01-01&to=2099-12-31&limit=1`)
  const { data } = (await answer.json()) as { readonly data: { readonly total: { readonly reports: number } } }
  return data.total.reports
}
