import { expect, test } from 'vitest'
import { cachedTextLimit, ParseCache } from './parse-cache.ts'

function counting(limit?: number) {
  const asked: string[] = []
  const cache = new ParseCache((text: string) => ({ index: asked.push(text) }), limit)
  return { asked, cache }
}

test('a text is read once, and each text has its own reading', () => {
  const { asked, cache } = counting()
  expect(cache.of('a')).toBe(cache.of('a'))
  expect(cache.of('b')).not.toBe(cache.of('a'))
  expect(asked).toEqual(['a', 'b'])
})

test('at most so many readings are kept, and what is met again and again stays', () => {
  const { asked, cache } = counting(10)
  for (let index = 0; index < 1000; index += 1) {
    cache.of('always')
    cache.of(`text ${index}`)
  }
  expect(asked.filter(text => text === 'always')).toHaveLength(1)
  // The ten newest at most need no second reading.
  const before = asked.length
  for (let index = 999; index >= 0; index -= 1) cache.of(`text ${index}`)
  expect(asked.length - before).toBeGreaterThanOrEqual(990)
})

test('a text at the limit is kept, one above is read each time', () => {
  const { asked, cache } = counting()
  for (const length of [cachedTextLimit, cachedTextLimit + 1])
    for (const text of ['x'.repeat(length), 'x'.repeat(length)]) cache.of(text)
  expect(asked.map(text => text.length)).toEqual([cachedTextLimit, cachedTextLimit + 1, cachedTextLimit + 1])
})
