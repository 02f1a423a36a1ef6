import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, test } from 'vitest'
import { parseMessage } from './icu.ts'
import { formatMessage, richMessage } from './message.tsx'

describe('ICU MessageFormat, the part in use', () => {
  test('arguments, numbers with parted thousands, plurals with #, exact numbers first', () => {
    const message = '{name}: {count, plural, =0 {nothing} one {# thing} other {# things}}, {all, number}'
    expect(formatMessage(message, { name: 'x', count: 0, all: 5 })).toBe('x: nothing, 5')
    expect(formatMessage(message, { name: 'x', count: 1, all: 5 })).toBe('x: 1 thing, 5')
    expect(formatMessage(message, { name: 'x', count: 2000, all: 1 })).toBe(`x: ${(2000).toLocaleString()} things, 1`)
  })

  test('select takes the case of the value, else other', () => {
    expect(formatMessage('{a, select, yes {on} other {off}}', { a: 'yes' })).toBe('on')
    expect(formatMessage('{a, select, yes {on} other {off}}', { a: 'perhaps' })).toBe('off')
  })

  test('a value is never read as a message, nor as markup', () => {
    expect(formatMessage('{a}', { a: '{b} <b>x</b> #' })).toBe('{b} <b>x</b> #')
    const drawn = renderToStaticMarkup(richMessage('<b>{a}</b>', { a: '<script>alert(1)</script>' }))
    expect(drawn).toBe('<b>&lt;script&gt;alert(1)&lt;/script&gt;</b>')
  })

  test('tags are drawn by the given function and left out of plain text', () => {
    expect(formatMessage('see <link>this</link>', {})).toBe('see this')
    const drawn = renderToStaticMarkup(richMessage('see <link>this</link>', { link: text => <i>{text}</i> }))
    expect(drawn).toBe('see <i>this</i>')
  })

  test.each(['{', '{a', '{a, plural, one {x}}', '{a, date}', '<b>x', 'x}'])(
    'a faulty message is refused: %s',
    message => {
      expect(() => parseMessage(message)).toThrow(SyntaxError)
    },
  )
})
