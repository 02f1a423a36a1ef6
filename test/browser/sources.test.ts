import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ImapFlow } from 'imapflow'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { reportMail } from '../made-reports.ts'
import { Dovecot, dovecotMissing } from '../servers/dovecot.ts'
import { browserLack, openBrowser, type RunningServer, settled, startServer, watchedPage } from './session.ts'

const lack = browserLack ?? dovecotMissing()

/** Reports in the mailbox before it is connected. */
const history = 7

describe.skipIf(lack !== null)(`a mailbox in Sources, on a real Dovecot (${lack ?? 'in a browser'})`, () => {
  let folder = ''
  let dovecot: Dovecot
  let server: RunningServer
  let browser: Browser
  let page: Page
  let faults: readonly string[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'letterlock-browser-imap-'))
    writeFileSync(join(folder, 'right'), 'secret\n', { mode: 0o600 })
    writeFileSync(join(folder, 'wrong'), 'guessed\n', { mode: 0o600 })
    dovecot = await Dovecot.start()
    await deliver(Array.from({ length: history }, (_, at) => reportMail({ id: `history-${at}` })))
    server = await startServer([])
    browser = await openBrowser()
    const watched = await watchedPage(browser, server.origin)
    page = watched.page
    faults = watched.faults
    await page.goto('/sources')
    await settled(page)
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await server?.stop()
    await dovecot?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Puts mails into the inbox as a delivery does. */
  async function deliver(mails: readonly (string | Buffer)[]): Promise<void> {
    const client = new ImapFlow({
      host: '127.0.0.1',
      port: dovecot.port,
      secure: false,
      doSTARTTLS: false,
      auth: { user: 'reports', pass: 'secret' },
      logger: false,
    })
    await client.connect()
    for (const mail of mails) await client.append('INBOX', mail)
    await client.logout()
  }

  const dialog = () => page.getByRole('dialog')

  /** Fills the form; the password file is the one given. */
  async function fill(passwordFile: string): Promise<void> {
    await dialog().getByLabel('Name', { exact: true }).fill('Report mailbox')
    await dialog().getByLabel('IMAP server').fill('127.0.0.1')
    await dialog().getByLabel('Encryption').selectOption({ label: 'none' })
    await dialog().getByLabel('Port').fill(String(dovecot.port))
    await dialog().getByLabel('User').fill('reports')
    await dialog()
      .getByLabel(/^Password file/)
      .fill(passwordFile)
  }

  async function reportCount(): Promise<number> {
    const answer = await fetch(`${server.origin}/api/v1/reports?from=2000-01-01&to=2099-12-31&limit=1`)
    const { data } = (await answer.json()) as { readonly data: { readonly total: { readonly reports: number } } }
    return data.total.reports
  }

  it('says what to do while nothing is connected', async () => {
    expect(await page.locator('main').textContent()).toContain('No mailbox and no folder is connected.')
    await page.getByRole('button', { name: 'Connect a mailbox' }).click()
    await dialog().waitFor()
    await dialog().getByLabel('Encryption').selectOption({ label: 'STARTTLS' })
    expect(await dialog().getByLabel('Port').inputValue()).toBe('143')
  })

  it('the test of a wrong password says so, and nothing is stored', async () => {
    await fill(join(folder, 'wrong'))
    await dialog().getByRole('button', { name: 'Test', exact: true }).click()
    await dialog().getByText('It does not work: the server refused user name or password').waitFor({ timeout: 30_000 })
    expect(await (await fetch(`${server.origin}/api/v1/sources`)).json()).toMatchObject({ sources: [] })
  })

  it('a folder that is not there, and a file that is not there, are named', async () => {
    await fill(join(folder, 'right'))
    await dialog()
      .getByLabel(/^Folders/)
      .fill('INBOX\nNowhere')
    await dialog().getByRole('button', { name: 'Test', exact: true }).click()
    await dialog().getByText('there is no folder "Nowhere"').waitFor({ timeout: 30_000 })
    await dialog()
      .getByLabel(/^Folders/)
      .fill('INBOX')
    await fill(join(folder, 'missing'))
    await dialog().getByRole('button', { name: 'Test', exact: true }).click()
    await dialog()
      .getByText(/It does not work: .*missing/)
      .waitFor({ timeout: 30_000 })
  })

  it('the test of the right one counts what is there', async () => {
    await fill(join(folder, 'right'))
    await dialog().getByRole('button', { name: 'Test', exact: true }).click()
    await dialog().getByText(`It works.`).waitFor({ timeout: 30_000 })
    expect(await dialog().getByRole('status').textContent()).toContain(`${history} messages there.`)
    expect(await reportCount()).toBe(0)
  })

  it('once added, the history is read first, then what arrives', async () => {
    await dialog().getByRole('button', { name: 'Add', exact: true }).click()
    await dialog().waitFor({ state: 'detached' })
    await page.getByRole('row', { name: /Report mailbox/ }).waitFor()
    await expect.poll(reportCount, { timeout: 30_000 }).toBe(history)
    await page.getByRole('cell', { name: 'watching' }).waitFor({ timeout: 30_000 })
    await deliver([reportMail({ id: 'arrived' })])
    await expect.poll(reportCount, { timeout: 30_000 }).toBe(history + 1)
    const text = await page.getByRole('row', { name: /Report mailbox/ }).textContent()
    expect(text).toContain(`reports, 127.0.0.1:${dovecot.port}, INBOX`)
    // Where the password lies is told to nobody.
    expect(text).not.toContain(folder)
  }, 90_000)

  it('pauses and goes on', async () => {
    await page.getByRole('button', { name: 'Pause Report mailbox' }).click()
    await page.getByRole('cell', { name: 'paused' }).waitFor()
    await deliver([reportMail({ id: 'while-paused' })])
    await page.getByRole('button', { name: 'Resume Report mailbox' }).click()
    await expect.poll(reportCount, { timeout: 30_000 }).toBe(history + 2)
  }, 60_000)

  it('removing it asks first, and leaves what it brought', async () => {
    await page.getByRole('button', { name: 'Remove Report mailbox' }).click()
    await dialog().getByText('What it brought stays').waitFor()
    await dialog().getByRole('button', { name: 'Remove', exact: true }).click()
    await page.getByText('No mailbox and no folder is connected.').waitFor()
    expect(await reportCount()).toBe(history + 2)
    expect(faults).toEqual([])
  })
})
