/** One record of a CSV file with the line on which it begins. */
export interface CsvRecord {
  readonly line: number
  readonly fields: readonly string[]
}

/**
 * Records of CSV text (RFC 4180 s2): commas, fields in double quotes where they hold commas, quotes or line ends. Lines
 * end with LF or CRLF. A quote inside an unquoted field stands for itself, and a quoted field that is never closed ends
 * with the text, so that any text can be read. Time is linear in the text.
 */
export function* parseCsv(text: string): Generator<CsvRecord, undefined> {
  let at = text.startsWith('\ufeff') ? 1 : 0
  let line = 1
  while (at < text.length) {
    const fields: string[] = []
    const first = line
    for (;;) {
      const field = text[at] === '"' ? quotedField(text, at) : plainField(text, at)
      fields.push(field.value)
      line += field.lineEnds
      at = field.next
      if (text[at] !== ',') break
      at += 1
    }
    if (text[at] === '\r') at += 1
    if (text[at] === '\n') at += 1
    line += 1
    yield { line: first, fields }
  }
  return undefined
}

interface Field {
  readonly value: string
  /** Place after the field: a comma, a line end, or the end of the text. */
  readonly next: number
  readonly lineEnds: number
}

function plainField(text: string, start: number): Field {
  let at = start
  while (at < text.length && text[at] !== ',' && text[at] !== '\n' && !(text[at] === '\r' && text[at + 1] === '\n'))
    at += 1
  return { value: text.slice(start, at), next: at, lineEnds: 0 }
}

function quotedField(text: string, start: number): Field {
  let value = ''
  let at = start + 1
  for (;;) {
    const quote = text.indexOf('"', at)
    if (quote === -1) {
      value += text.slice(at)
      return { value, next: text.length, lineEnds: value.split('\n').length - 1 }
    }
    value += text.slice(at, quote)
    at = quote + 1
    if (text[at] !== '"') break
    value += '"'
    at += 1
  }
  // What stands between the closing quote and the comma belongs to the field, as most programs read it.
  const rest = plainField(text, at)
  return { value: value + rest.value, next: rest.next, lineEnds: value.split('\n').length - 1 }
}
