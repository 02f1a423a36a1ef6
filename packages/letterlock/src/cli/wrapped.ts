/** Columns of text where the width of the terminal is not known. */
const defaultWidth = 80

/** Lines longer than this are hard to read, however wide the terminal is. */
const widest = 100

/** Columns that text for people is wrapped at. */
export function textWidth(): number {
  return Math.min(process.stdout.columns ?? defaultWidth, widest)
}

/**
 * A paragraph in lines of at most `width` columns where words allow it; `first` stands before the first line, as many
 * blanks as it has characters before the others. A word longer than a line stays whole, so that it can be copied.
 */
export function wrapped(text: string, first: string, width: number): string {
  const indent = ' '.repeat(first.length)
  const lines: string[] = []
  let line = first
  let isEmpty = true
  for (const word of text.split(' ').filter(part => part !== '')) {
    if (!isEmpty && line.length + 1 + word.length > width) {
      lines.push(line)
      line = indent
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line].join('\n').trimEnd()
}
