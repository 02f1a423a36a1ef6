import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { looksLikeMbox, type MboxMessage, MboxSplitter } from './mbox.ts'

function split(text: string, chunkBytes = 1_000_000, limit = 1_000_000): MboxMessage[] {
  const splitter = new MboxSplitter(limit)
  const bytes = Buffer.from(text, 'latin1')
  const messages: MboxMessage[] = []
  for (let at = 0; at < bytes.length; at += chunkBytes)
    messages.push(...splitter.push(bytes.subarray(at, at + chunkBytes)))
  messages.push(...splitter.end())
  return messages
}

const texts = (messages: readonly MboxMessage[]) => messages.map(message => message.bytes.toString('latin1'))

const two = [
  'From reports@example.net Tue Nov 24 10:00:00 2026\n',
  'From: reports@example.net\nSubject: one\n\nFirst body\n\n',
  'From - Tue Nov 24 10:00:01 2026\n',
  'Subject: two\n\n>From the start\n>>From twice\n>other\n\n',
].join('')

describe('mbox', () => {
  test('each message comes without its separator and without the blank line after it', () => {
    expect(texts(split(two))).toEqual([
      'From: reports@example.net\nSubject: one\n\nFirst body\n',
      'Subject: two\n\nFrom the start\n>From twice\n>other\n',
    ])
  })

  test('a From line in a body that nobody quoted does not split the message', () => {
    const text = 'From a Tue\nSubject: x\n\nHello\n\nFrom here it goes on\nwith text\n'
    expect(texts(split(text))).toEqual(['Subject: x\n\nHello\n\nFrom here it goes on\nwith text\n'])
  })

  test('CRLF line ends', () => {
    expect(texts(split(two.replace(/\n/g, '\r\n'))).map(text => text.trimEnd())).toEqual([
      'From: reports@example.net\r\nSubject: one\r\n\r\nFirst body',
      'Subject: two\r\n\r\nFrom the start\r\n>From twice\r\n>other',
    ])
  })

  test('a message over the limit is cut and says so; the next is whole', () => {
    const text = `From a b\nSubject: big\n\n${'x'.repeat(500)}\n\nFrom c d\nSubject: small\n\ny\n`
    const messages = split(text, 64, 100)
    expect(messages.map(message => [message.bytes.length, message.isCut])).toEqual([
      [100, true],
      [18, false],
    ])
    const atLimit = split(`From a b\n${'S: '.padEnd(99, 'x')}\n`, 64, 100)
    expect(atLimit.map(message => message.isCut)).toEqual([false])
  })

  test('what begins with From but has no header field after it is no mbox', () => {
    expect(looksLikeMbox(Buffer.from(two))).toBe(true)
    expect(looksLikeMbox(Buffer.from('From here to there\nis a long way\n'))).toBe(false)
    expect(looksLikeMbox(Buffer.from('From: a@example.net\nSubject: x\n'))).toBe(false)
  })

  test('any cutting into chunks gives the same messages', () => {
    const line = fc.constantFrom(
      'From a b',
      '>From c',
      'Subject: x',
      '',
      'text',
      '>>From d',
      'From e\r',
      '\r',
      'Fro',
      '>',
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), fc.integer({ min: 1, max: 40 }), (lines, chunkBytes) => {
        const text = `From x y\nA: b\n${lines.join('\n')}`
        expect(texts(split(text, chunkBytes))).toEqual(texts(split(text)))
      }),
    )
  })

  test('quoting as mboxrd does and reading gives the message back', () => {
    const line = fc.constantFrom('From a b', '>From c', 'x', '', '>>From d', '>')
    fc.assert(
      fc.property(fc.array(fc.array(line, { maxLength: 8 }), { minLength: 1, maxLength: 5 }), bodies => {
        const messages = bodies.map(body => `Subject: x\n\n${body.join('\n')}end\n`)
        const written = messages.map(message => `From a b\n${message.replace(/^(>*From )/gm, '>$1')}\n`).join('')
        expect(texts(split(written))).toEqual(messages)
      }),
    )
  })
})
