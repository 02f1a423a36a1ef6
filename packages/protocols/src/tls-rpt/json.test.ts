import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type JsonValue, readJson } from './json.ts'
import { jsonDepthLimit, jsonDeviationsLimit, jsonValuesLimit } from './json-index.ts'

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
      return Object.fromEntries([...value.members()].map(([name, member]) => [name, plain(member)]))
    case 'array':
      return [...value.items()].map(plain)
    case 'string':
      return value.text
    case 'number':
      return Number(value.text)
    case 'true':
      return true
    case 'false':
      return false
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
    const array = root?.member('é')
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

  it('a name with escapes is the name that is meant, and one that stands twice is told however it is written', () => {
    const written = ['"report-id"', '"report\\u002did"', '"r\\u0065port-id"']
    for (const name of written) {
      const result = read(`{"report": 0, "report-idx": 1, ${name}: 2, "report-": 3}`)
      expect(result.ok && result.value.root.member('report-id')?.text).toBe('2')
      expect(result.ok && result.value.root.member('report-i')).toBeUndefined()
      const twice = read(`{"report-id": 1, ${name}: 2}`)
      expect(twice.ok && twice.value.root.member('report-id')?.text).toBe('2')
      expect(twice.ok && twice.value.deviations).toEqual([{ code: 'json-duplicate-member', at: 17, raw: 'report-id' }])
    }
    const many = Array.from({ length: 40 }, (_, at) => `"n${at}":${at}`).join()
    expect(read(`{${many}}`)).toMatchObject({ ok: true, value: { deviations: [] } })
    const result = read(`{${many},"n39":0,"n0":0}`)
    expect(result.ok && result.value.deviations.map(({ raw }) => raw)).toEqual(['n39', 'n0'])
  })

  it('half of a surrogate pair alone becomes U+FFFD', () => {
    const result = read('["\\ud83d\\ude00", "\\ud83d", "\\ude00x"]')
    expect(result.ok && plain(result.value.root)).toEqual(['\u{1f600}', '\ufffd', '\ufffdx'])
  })

  it('UTF-16 at an odd place in memory is read', () => {
    const text = Buffer.from('x["é"]', 'utf16le')
    const odd = Buffer.alloc(text.length)
    text.copy(odd, 1, 2)
    const result = readJson(odd.subarray(1, text.length - 1))
    expect(result.ok && plain(result.value.root)).toEqual(['é'])
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

  it('limit: deviations that are told', () => {
    const told = (count: number) => {
      const result = read(`{"a":0${',"a":0'.repeat(count)}}`)
      return result.ok ? result.value.deviations.length : 0
    }
    expect(told(jsonDeviationsLimit - 1)).toBe(jsonDeviationsLimit - 1)
    expect(told(jsonDeviationsLimit)).toBe(jsonDeviationsLimit)
    expect(told(jsonDeviationsLimit + 1)).toBe(jsonDeviationsLimit)
  })
})
