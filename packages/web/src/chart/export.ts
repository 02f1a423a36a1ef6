import type { Bin, Series } from './bins.ts'

/** A field of CSV (RFC 4180); a text that a spreadsheet would take for a formula is defused by an apostrophe. */
export function csvField(value: string | number): string {
  if (typeof value === 'number') return String(value)
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** The bars of a chart as CSV: the array that the chart and its table are made of. */
export function chartCsv(bins: readonly Bin[], series: readonly Series[]): string {
  const head = ['from', 'to', 'has_reports', ...series.map(layer => layer.names.join('+')), 'messages']
  const lines = bins.map(bin => [bin.from, bin.to, ...fieldsOf(bin)])
  return [head, ...lines].map(line => `${line.map(csvField).join(',')}\r\n`).join('')
}

/** Without reports there are no numbers: 0 would say something that nobody reported. */
function fieldsOf(bin: Bin): readonly (string | number)[] {
  if (bin.hasReports) return ['yes', ...bin.values, bin.total]
  return ['no', ...bin.values.map(() => ''), '']
}

/** A drawing that stands on its own: with its patterns, and with the colours that it has on the screen. */
export function standaloneSvg(drawing: SVGSVGElement): string {
  const copy = drawing.cloneNode(true) as SVGSVGElement
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg')
  const style = document.createElementNS('http://www.w3.org/2000/svg', 'style')
  style.textContent = [rootVariables(), ...drawingRules()].join('\n')
  const patterns = document.getElementById('p-broken')?.parentElement
  if (patterns) copy.prepend(patterns.cloneNode(true))
  copy.prepend(style)
  return `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(copy)}\n`
}

function rootVariables(): string {
  const computed = getComputedStyle(document.documentElement)
  const names = ['canvas', 'surface', 'line', 'line-strong', 'text', 'text-2', 'text-3']
  const outcomes = ['aligned', 'broken', 'unauth', 'third', 'forwarded', 'unknown'].map(name => `o-${name}`)
  const values = [...names, ...outcomes].map(name => `--ll-${name}:${computed.getPropertyValue(`--ll-${name}`)}`)
  return `:root{${values.join(';')};--ll-sans:${computed.getPropertyValue('--ll-sans')};background:var(--ll-surface)}`
}

/** The rules of our style sheets that drawings are made with. */
function drawingRules(): readonly string[] {
  return [...document.styleSheets].flatMap(sheet =>
    [...sheet.cssRules].flatMap(rule =>
      rule instanceof CSSStyleRule && /^\.(chart|slot)(?!-(room|box|marks|number))/.test(rule.selectorText)
        ? [rule.cssText]
        : [],
    ),
  )
}

/** Hands a text to the person as a file. */
export function saveFile(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }))
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  URL.revokeObjectURL(address)
}
