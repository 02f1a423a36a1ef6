import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { SaxesParser } from 'saxes'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testReportXml } from '../server/reports.ts'
import { browserLack, openBrowser, type RunningServer, settled, startServer, watchedPage } from './session.ts'

/** Text that would do harm where it is taken for markup. */
const hostile = '"><script>alert(1)</script><image href="http://192.0.2.1/x"/>'

const yesterday = Math.floor(Date.now() / 86_400_000) - 1

/** Reports of two days with another policy each, so that the chart has a mark. */
const hostileReports = [0, 1].map(back =>
  testReportXml({
    id: `${hostile} ${back}`,
    domain: 'hostile.example',
    reporter: hostile,
    day: yesterday - back,
    p: back === 0 ? 'reject' : 'none',
    records: [
      {
        ip: '192.0.2.66',
        count: 3 + back,
        disposition: 'none',
        dkim: 'fail',
        spf: 'fail',
        headerFrom: 'hostile.example',
        signature: { domain: 'other.example', selector: hostile, result: 'pass' },
        envelope: { domain: 'other.example', result: 'pass' },
        reason: hostile,
      },
    ],
  }),
)

/** What an independent reader finds in a drawing. */
interface ReadDrawing {
  readonly root: string
  readonly namespace: string
  readonly elements: ReadonlySet<string>
  /** Attributes that run or fetch something. */
  readonly active: readonly string[]
  /** Bars by the slot of their series. */
  readonly bars: ReadonlyMap<string, number>
  /** Texts of the drawing: axis, titles, numbers. */
  readonly texts: readonly string[]
  /** What is said of each bar: days, total, series with their counts. */
  readonly descriptions: readonly string[]
}

/** Reads a drawing as strict XML with namespaces; a fault of its form is thrown. */
function readDrawing(svg: string): ReadDrawing {
  const parser = new SaxesParser({ xmlns: true, fileName: 'drawing.svg' })
  const open: string[] = []
  const elements = new Set<string>()
  const active: string[] = []
  const bars = new Map<string, number>()
  const texts: string[] = []
  const descriptions: string[] = []
  let root = ''
  let namespace = ''
  parser.on('error', error => {
    throw error
  })
  parser.on('opentag', tag => {
    if (open.length === 0) [root, namespace] = [tag.local, tag.uri]
    open.push(tag.local)
    elements.add(tag.local)
    for (const { name, value } of Object.values(tag.attributes)) {
      const isForeign =
        /^(xlink:)?href$|^src$/.test(name) || /url\((?!["']?#)/i.test(value) || /javascript:/i.test(value)
      if (name.startsWith('on') || isForeign) active.push(`${name}=${value}`)
      const slot = name === 'class' && tag.local === 'rect' ? /^slot-(\w+)$/.exec(value)?.[1] : undefined
      if (slot !== undefined) bars.set(slot, (bars.get(slot) ?? 0) + 1)
    }
    if (tag.local === 'text') texts.push('')
    if (tag.local === 'title') descriptions.push('')
  })
  parser.on('text', text => {
    const list = open.includes('title') ? descriptions : open.includes('text') ? texts : null
    if (list !== null) list[list.length - 1] += text
  })
  parser.on('closetag', () => void open.pop())
  parser.write(svg).close()
  return { root, namespace, elements, active, bars, texts, descriptions }
}

/** Columns of the CSV of the chart by outcome, with the slot and the words of each in the drawing. */
const outcomes = [
  { column: 'broken', slot: 'broken', words: 'ours but broken' },
  { column: 'unauthenticated', slot: 'unauth', words: 'unauthenticated' },
  { column: 'third-party', slot: 'third', words: 'third party unaligned' },
  { column: 'forwarded', slot: 'forwarded', words: 'forwarded (likely)' },
  { column: 'unknown', slot: 'unknown', words: 'unknown' },
  { column: 'aligned', slot: 'aligned', words: 'aligned' },
] as const

describe.skipIf(browserLack !== null)(`exports of the chart (${browserLack ?? 'in a browser'})`, () => {
  let demo: RunningServer
  let other: RunningServer
  let browser: Browser

  beforeAll(async () => {
    ;[demo, other] = await Promise.all([startServer(['--demo']), startServer([])])
    for (const [at, xml] of hostileReports.entries()) {
      const answer = await fetch(`${other.origin}/api/v1/imports?name=${at}.xml`, {
        method: 'POST',
        headers: { origin: other.origin, 'content-type': 'application/octet-stream' },
        body: xml,
      })
      expect(answer.status).toBe(200)
    }
    browser = await openBrowser()
  }, 180_000)
  afterAll(async () => {
    await browser?.close()
    await demo?.stop()
    await other?.stop()
  })

  async function download(
    page: Page,
    format: 'SVG' | 'CSV',
  ): Promise<{ readonly name: string; readonly text: string }> {
    const coming = page.waitForEvent('download')
    await page.getByRole('button', { name: `Export this chart as ${format}` }).click()
    const file = await coming
    return { name: file.suggestedFilename(), text: readFileSync(await file.path(), 'utf8') }
  }

  it('the drawing is well-formed and holds the bars, days and counts of the CSV', async () => {
    const { page, context, faults } = await watchedPage(browser, demo.origin)
    await page.goto('/')
    await settled(page)
    await page.locator('svg.chart').waitFor()
    const svg = await download(page, 'SVG')
    const csv = await download(page, 'CSV')
    expect(svg.name.replace('.svg', '')).toBe(csv.name.replace('.csv', ''))
    const drawing = readDrawing(svg.text)
    expect([drawing.root, drawing.namespace]).toEqual(['svg', 'http://www.w3.org/2000/svg'])
    expect(drawing.active).toEqual([])
    expect(drawing.elements).not.toContain('script')
    expect(drawing.elements).not.toContain('foreignObject')
    expect(drawing.texts).toContain('All mail by outcome')
    expect(drawing.texts).toContain('Everything except aligned, own scale')
    const [head = '', ...lines] = csv.text.trimEnd().split('\r\n')
    const columns = head.split(',')
    const rows = lines.map(line => new Map(line.split(',').map((cell, at) => [columns[at] ?? '', cell])))
    expect(rows.length).toBe(30)
    expect(drawing.descriptions).toHaveLength(rows.length)
    for (const [at, row] of rows.entries()) {
      const said = drawing.descriptions[at]
      expect(said).toContain(`${Number(row.get('messages')).toLocaleString('en')} message`)
      for (const { column, words } of outcomes) {
        const count = Number(row.get(column))
        if (count > 0) expect(said?.split('\n')).toContain(`${words} ${count.toLocaleString('en')}`)
      }
    }
    for (const { column, slot } of outcomes) {
      const days = rows.filter(row => Number(row.get(column)) > 0).length
      // Once in the whole stack, and all but the good part once more on its own scale.
      expect(drawing.bars.get(slot) ?? 0, column).toBe(slot === 'aligned' ? days : days * 2)
    }
    expect(faults).toEqual([])
    await context.close()
  }, 60_000)

  it('on its own it looks as on the screen: it brings its colours and patterns', async () => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, context } = await watchedPage(browser, demo.origin, { colorScheme })
      await page.goto('/')
      await settled(page)
      await page.locator('svg.chart').waitFor()
      const fills = () => [...document.querySelectorAll('rect.slot-aligned')].map(bar => getComputedStyle(bar).fill)
      const shown = (await page.evaluate(fills))[0]
      const { text } = await download(page, 'SVG')
      await context.close()
      const alone = await browser.newPage()
      await alone.goto(`data:image/svg+xml;base64,${Buffer.from(text).toString('base64')}`)
      expect((await alone.evaluate(fills))[0]).toBe(shown)
      const patterns = await alone.evaluate(() => [...document.querySelectorAll('pattern')].map(pattern => pattern.id))
      expect(patterns).toEqual(expect.arrayContaining(['p-broken', 'p-forwarded', 'p-third', 'p-unknown']))
      await alone.close()
    }
  }, 60_000)

  it('hostile strings of reports are nowhere markup', async () => {
    const { page, context, faults } = await watchedPage(browser, other.origin)
    await page.goto('/domains/hostile.example')
    await settled(page)
    await page.locator('svg.chart').waitFor()
    const drawing = readDrawing((await download(page, 'SVG')).text)
    expect(drawing.elements).not.toContain('script')
    expect(drawing.elements).not.toContain('image')
    expect(drawing.active).toEqual([])
    // The mark of the change of policy is a number; the strings of the reports stay outside.
    expect(drawing.texts).toContain('1')
    expect(drawing.descriptions.join('\n')).not.toContain('alert(1)')
    expect(faults).toEqual([])
    await context.close()
  }, 60_000)
})
