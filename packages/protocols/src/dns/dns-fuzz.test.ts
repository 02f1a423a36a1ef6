import { expect, it } from 'vitest'
import { fuzz } from '../../../../test/fuzzing.ts'
import { nameOctetsLimit, parseNameText } from './name.ts'
import { recordTypes } from './record.ts'
import { decodeMessage } from './wire.ts'
import { encodeQuery } from './wire-query.ts'
import { parseZoneFile } from './zone-file.ts'
import { zoneResolver } from './zone-resolver.ts'

const hex = (...parts: string[]) => Buffer.from(parts.join('').replace(/\s/g, ''), 'hex')
const question = '07 6578616d706c65 03 6f7267 00 00ff 0001'
const record = (type: string, data: string) =>
  `c00c ${type} 0001 0000012c ${(data.replace(/\s/g, '').length / 2).toString(16).padStart(4, '0')} ${data}`
const opt = '00 0029 04d0 01000000 0008 000f 0004 0006 6869'

const answers = [
  record('0001', 'c0000201'),
  record('001c', '20010db8000000000000000000000001'),
  record('0005', '03 777777 c00c'),
  record('000f', '000a 02 6d78 c00c'),
  record('0010', '02 763d 03 c3bc00'),
  record('0006', 'c00c c00c 00000001 00000e10 00000e10 00000e10 0000012c'),
  record('0034', '03 01 01 abcd'),
  record('002e', '0001 08 02 00000e10 00000001 00000000 0001 c00c abcd'),
  record('0101', '00 05 6973737565 6361'),
  record('0041', '0001 00'),
]

it('fuzz: any message in wire form is read or refused, with names that are legal', { timeout: 3_700_000 }, async () => {
  await fuzz({
    seeds: [
      hex('1234 8180 0001 000a 0000 0001', question, ...answers, opt),
      hex('1234 8183 0001 0000 0001 0001', question, answers[5] ?? '', opt),
    ],
    words: ['\xc0\x0c', '\xc0\x00', '\xc0\xff', '\x3fa', '\x80', '\0', '\0\x01\0\x01', '\xff\xff', '\0\x10', '\0\x29'],
    target: input => {
      const read = decodeMessage(input)
      if (!read.ok) {
        expect(read.fault.at).toBeLessThanOrEqual(input.length)
        return
      }
      for (const { name } of [...read.value.answers, ...read.value.authorities])
        if (!parseNameText(name).ok) throw new Error(`"${name}" is no name`)
    },
  })
})

it('fuzz: any name is asked for as it is written, or refused', { timeout: 3_700_000 }, async () => {
  await fuzz({
    seeds: [Buffer.from('_dmarc.example.org.'), Buffer.from('a\\.b\\032c.example'), Buffer.from('x.y.z')],
    words: ['.', '..', '\\', '\\000', '\\255', '\\256', 'a'.repeat(63), '*', '_', ' ', '\0', '\xff'],
    target: input => {
      const name = input.toString('latin1')
      const query = encodeQuery({
        id: 1,
        name,
        type: 'TXT',
        bits: { isRecursive: true, checkingDisabled: false, wantsSignatures: true, isPlain: false },
      })
      if (!query.ok) return
      expect(query.value.length).toBeLessThanOrEqual(12 + nameOctetsLimit + 4 + 11)
      const read = decodeMessage(query.value)
      if (!read.ok) throw new Error(`what was written does not read: ${read.fault.text}`)
      expect(read.value.question?.type).toBe(recordTypes.TXT)
      expect(parseNameText(read.value.question?.name ?? '')).toEqual(parseNameText(name))
    },
  })
})

const zone = [
  '$ORIGIN example.org.',
  '$TTL 1h',
  '@ IN SOA ns1 hostmaster ( 1 2h ; comment',
  '  3h 4w 5m )',
  '  NS ns1',
  'ns1 300 IN A 192.0.2.1',
  '*.wild MX 10 mx1',
  '_dmarc TXT "v=DMARC1; p=none" "\\"\\059"',
  'www CNAME ns1',
  '$ORIGIN example.net.',
  '@ TXT v=spf1\\032-all',
  '',
].join('\n')

it('fuzz: any zone file gives records that can be asked for', { timeout: 3_700_000 }, async () => {
  await fuzz({
    seeds: [Buffer.from(zone), Buffer.from(zone.replaceAll('\n', '\r\n'))],
    words: ['$ORIGIN', '$TTL', '$INCLUDE', '\n', ' ', '\t', '(', ')', '"', ';', '\\', '@', '*', '.', 'IN', 'A', '1w2d'],
    target: async input => {
      // A zone is text of the operator, and reading it takes its time: short ones show as much.
      const { records, faults } = parseZoneFile(input.toString('latin1', 0, 16_384))
      if (faults.some(fault => fault.at < 1)) throw new Error('a fault stands on no line')
      const resolver = zoneResolver({ records, label: 'zone' })
      for (const { name, type } of [...records.slice(0, 3), ...records.slice(-3)]) {
        const known = type in recordTypes ? (type as keyof typeof recordTypes) : null
        if (known !== null && (await resolver.query({ name, type: known })).outcome.kind === 'nxdomain')
          throw new Error(`${name} is not there`)
      }
    },
  })
})
