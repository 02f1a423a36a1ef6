import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type JsonValue, jsonDepthLimit, jsonMember, jsonValuesLimit, readJson } from './json.ts'

const bytes = (text: string) => Buffer.from(text)
const read = (text: string) => readJson(bytes(text))
const fault = (text: string) => {
  const result = read(text)
  return result.ok ? null : result.fault
}

/** What JSON.parse would give. */
function plain(value: JsonValue): unknown {
  switch (value.kind) {
    case 'object':
      return Object.fromEntries(
        value.names.map((name, index) => [name, plain(value.values[index] ?? { kind: 'null', at: 0 })]),
      )
    case 'array':
      return value.items.map(plain)
    case 'string':
      return value.text
    case 'number':
      return Number(value.text)
    case 'boolean':
      return value.value
    case 'null':
      return null
  }
}

describe('JSON with positions', () => {
  it('agrees with JSON.parse on every document it accepts', () => {
    fc.assert(
      fc.property(fc.json(), text => {
        const result = read(text)
        // A member called __proto__ is one like any other here, and something else to Object.fromEntries.
        if (text.includes('__proto__')) return
        expect(result.ok && plain(result.value.root)).toEqual(JSON.parse(text))
      }),
    )
  })

  it('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(
        fc.json(),
        fc.nat(),
        fc.constantFrom('"', '{', '[', ',', ':', '\\', '\u0001', 'x', '-'),
        (text, at, char) => {
          const broken = text.slice(0, at % (text.length + 1)) + char + text.slice(at % (text.length + 1))
          let isJson = true
          try {
            JSON.parse(broken)
          } catch {
            isJson = false
          }
          const result = read(broken)
          // Bytes behind the root are borne, and said.
          const hasTrailing = result.ok && result.value.deviations.some(({ code }) => code === 'json-trailing-bytes')
          expect(result.ok && !hasTrailing).toBe(isJson)
        },
      ),
    )
  })

  it('tells where a value begins and where a fault stands, in bytes', () => {
    const text = '{"é": [1, {"x": "y"}]}'
    const result = read(text)
    const root = result.ok ? result.value.root : null
    const array = root?.kind === 'object' ? jsonMember(root, 'é') : undefined
    expect(array?.at).toBe(bytes('{"é": ').length)
    expect(fault('{"é": tru}')?.at).toBe(bytes('{"é": ').length)
    expect(fault('')).toMatchObject({ code: 'json-syntax', at: 0 })
    expect(fault('{"a":1')).toMatchObject({ code: 'json-syntax', at: 6 })
  })

  it('report-tolerance 118: a byte order mark is taken off, UTF-16 is read', () => {
    const root = { a: ['é', '\u{1f600}', 1] }
    const text = JSON.stringify(root)
    const utf16 = Buffer.from(text, 'utf16le')
    const documents = [
      Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes(text)]),
      Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]),
      Buffer.concat([Buffer.from([0xfe, 0xff]), Buffer.from(utf16).swap16()]),
      utf16,
      Buffer.from(utf16).swap16(),
    ]
    for (const document of documents) {
      const result = readJson(document)
      expect(result.ok && plain(result.value.root)).toEqual(root)
      expect(result.ok && result.value.deviations[0]?.code).toMatch(/^json-(?:byte-order-mark|utf-16)$/)
    }
  })

  it('TLSRPT-031 the last of two members with one name counts, and the other is told', () => {
    const result = read('{"a": 1, "b": 2, "a": 3}')
    expect(result.ok && plain(result.value.root)).toEqual({ a: 3, b: 2 })
    expect(result.ok && result.value.deviations).toEqual([{ code: 'json-duplicate-member', at: 17, raw: 'a' }])
  })

  it('octets that are no UTF-8 are read as Latin-1, and told', () => {
    const result = readJson(Buffer.from('["\xe9"]', 'latin1'))
    expect(result.ok && plain(result.value.root)).toEqual(['é'])
    expect(result.ok && result.value.deviations.map(({ code }) => code)).toEqual(['json-bad-utf-8'])
  })

  it('limit: depth', () => {
    const nested = (depth: number) => read('['.repeat(depth) + ']'.repeat(depth)).ok
    expect(nested(jsonDepthLimit)).toBe(true)
    expect(nested(jsonDepthLimit + 1)).toBe(false)
    expect(fault('['.repeat(200_000))?.code).toBe('json-depth')
  })

  it('limit: number of values', () => {
    const values = (count: number) => read(`[${'0,'.repeat(count - 2)}0]`).ok
    expect(values(jsonValuesLimit)).toBe(true)
    expect(values(jsonValuesLimit + 1)).toBe(false)
  })
})
