import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { asNameLimit, type Networks, networkOf, openNetworks } from './networks.ts'

/** MaxMind DB format 2.0: a value with its control byte. */
function encode(value: string | number | readonly string[] | Readonly<Record<string, unknown>>): Buffer {
  if (typeof value === 'string') {
    const size = value.length < 29 ? [(2 << 5) | value.length] : [(2 << 5) | 29, value.length - 29]
    return Buffer.concat([Buffer.from(size), Buffer.from(value)])
  }
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(4)
    bytes.writeUInt32BE(value)
    return Buffer.concat([Buffer.from([(6 << 5) | 4]), bytes])
  }
  if (Array.isArray(value)) return Buffer.concat([Buffer.from([value.length, 11 - 7]), ...value.map(encode)])
  const entries = Object.entries(value)
  const parts = entries.flatMap(([key, member]) => [encode(key), encode(member as string)])
  return Buffer.concat([Buffer.from([(7 << 5) | entries.length]), ...parts])
}

/** A database of IPv4 networks, each given as its first bits, with 24-bit records. */
function mmdb(networks: Readonly<Record<string, Readonly<Record<string, unknown>>>>): Buffer {
  const nodes: [number, number][] = [[0, 0]]
  const data: Buffer[] = []
  let dataLength = 0
  const leaves: { readonly node: number; readonly bit: 0 | 1; readonly offset: number }[] = []
  for (const [bits, record] of Object.entries(networks)) {
    let node = 0
    for (const bit of [...bits.slice(0, -1)].map(text => (text === '1' ? 1 : 0))) {
      const next = nodes[node]?.[bit] ?? 0
      if (next !== 0) node = next
      else {
        nodes.push([0, 0])
        const pair = nodes[node]
        if (pair !== undefined) pair[bit] = nodes.length - 1
        node = nodes.length - 1
      }
    }
    leaves.push({ node, bit: bits.endsWith('1') ? 1 : 0, offset: dataLength })
    const bytes = encode(record)
    data.push(bytes)
    dataLength += bytes.length
  }
  const tree = Buffer.alloc(nodes.length * 6)
  nodes.forEach(([left, right], at) => {
    // A record that leads nowhere holds the number of nodes.
    tree.writeUIntBE(left === 0 ? nodes.length : left, at * 6, 3)
    tree.writeUIntBE(right === 0 ? nodes.length : right, at * 6 + 3, 3)
  })
  for (const { node, bit, offset } of leaves) tree.writeUIntBE(nodes.length + 16 + offset, node * 6 + bit * 3, 3)
  const metadata = encode({
    node_count: nodes.length,
    record_size: 24,
    ip_version: 4,
    database_type: 'Test-ASN',
    languages: ['en'],
    binary_format_major_version: 2,
    binary_format_minor_version: 0,
    build_epoch: 1_700_000_000,
    description: {},
  })
  return Buffer.concat([tree, Buffer.alloc(16), ...data, Buffer.from('\xab\xcd\xefMaxMind.com', 'latin1'), metadata])
}

const bitsOf = (address: string, length: number) =>
  address
    .split('.')
    .map(part => Number(part).toString(2).padStart(8, '0'))
    .join('')
    .slice(0, length)

let folder: string
let networks: Networks

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'letterlock-networks-'))
  const path = join(folder, 'asn.mmdb')
  const database = mmdb({
    [bitsOf('9.0.0.0', 8)]: { autonomous_system_number: 64_511, autonomous_system_organization: 'Example Net' },
    [bitsOf('11.1.0.0', 16)]: { asn: 'AS64512', as_name: 'Other Net', country_code: 'NL' },
    [bitsOf('10.0.0.0', 8)]: { autonomous_system_number: 64_513 },
  })
  writeFileSync(path, database)
  networks = await openNetworks(path)
})

afterAll(() => {
  rmSync(folder, { recursive: true })
})

describe('networks of addresses', () => {
  test('both layouts are read', () => {
    expect(networks.find('9.1.2.3')).toEqual({ asn: 64_511, asName: 'Example Net', country: null })
    expect(networks.find('11.1.2.3')).toEqual({ asn: 64_512, asName: 'Other Net', country: 'NL' })
  })

  test('an address that the file does not hold has no network', () => {
    expect(networks.find('11.2.0.1')).toBeNull()
    expect(networks.find('2a26::1')).toBeNull()
  })

  test('an address that is not public has none, whatever the file says', () => {
    expect(networks.find('10.1.2.3')).toBeNull()
    expect(networks.find('no address')).toBeNull()
  })

  test('a file that is no database is refused', async () => {
    const path = join(folder, 'not.mmdb')
    writeFileSync(path, 'not a database')
    await expect(openNetworks(path)).rejects.toThrow()
    await expect(openNetworks(join(folder, 'absent.mmdb'))).rejects.toThrow()
  })
})

test('a record in another shape names no network', () => {
  for (const record of [null, 1, 'AS1', {}, { asn: 'AS' }, { asn: 0 }, { asn: 1.5 }, { asn: 2 ** 32 }, { asn: [1] }])
    expect(networkOf(record)).toBeNull()
  expect(networkOf({ asn: 2 ** 32 - 1, as_name: 5, country_code: 'Netherlands' })).toEqual({
    asn: 2 ** 32 - 1,
    asName: null,
    country: null,
  })
  expect(networkOf({ asn: 1, as_name: 'x'.repeat(asNameLimit + 1) })?.asName).toHaveLength(asNameLimit)
  expect(networkOf({ asn: 1, as_name: 'x'.repeat(asNameLimit) })?.asName).toHaveLength(asNameLimit)
})
