import { gunzipSync } from 'node:zlib'
import { SaxesParser } from 'saxes'
import { expect, it } from 'vitest'
import { demoDomains, demoNetworks, demoReporters } from './cast.ts'
import { demoDecisions } from './decisions.ts'
import { demoDays, demoMails } from './demo-mails.ts'
import { demoServices } from './services.ts'
import { demoStreams } from './streams.ts'

const lastDay = 20_681
const mails = [...demoMails(lastDay)]

it('is the same for the same day, byte for byte', () => {
  const again = [...demoMails(lastDay)]
  expect(again.length).toBe(mails.length)
  expect(again.every((mail, place) => mails[place]?.bytes.equals(mail.bytes) === true)).toBe(true)
})

it('has a report of every day up to the last, and of no later day', () => {
  const days = mails.flatMap(mail => {
    const begin = /!(\d{9,10})!/.exec(mail.name)?.[1]
    return begin === undefined ? [] : [Number(begin) / 86400]
  })
  expect(new Set(days).size).toBe(demoDays)
  expect(Math.max(...days)).toBe(lastDay)
})

it('holds well-formed documents, by an independent reader', () => {
  const gzipped = mails.filter(mail => mail.name.endsWith('.xml.gz'))
  expect(gzipped.length).toBeGreaterThan(500)
  for (const mail of gzipped) {
    const [, base64 = ''] = /base64\r\n\r\n([\s\S]*?)(?:\r\n--|$)/.exec(mail.bytes.toString('latin1')) ?? []
    new SaxesParser().write(gunzipSync(Buffer.from(base64, 'base64')).toString()).close()
  }
})

it('uses reserved names and addresses only', () => {
  const names = [
    ...demoDomains.map(domain => domain.name),
    ...demoReporters.map(reporter => reporter.domain),
    ...demoStreams.flatMap(stream =>
      stream.ways.flatMap(way => [way.spf.domain, ...way.dkim.map(dkim => dkim.domain)]),
    ),
  ]
  expect(names.filter(name => !/(^|\.)(example|example\.(com|net|org)|invalid)$/.test(name))).toEqual([])
  const addresses = demoStreams.flatMap(stream => stream.sources.map(([ip]) => ip))
  expect(addresses.filter(ip => !/^(192\.0\.2|198\.51\.100|203\.0\.113)\.\d+$|^2001:db8:/.test(ip))).toEqual([])
})

it('knows the network of every address', () => {
  const addresses = demoStreams.flatMap(stream => stream.sources.map(([ip]) => ip))
  expect(addresses.filter(ip => demoNetworks.filter(network => network.matches.test(ip)).length !== 1)).toEqual([])
})

it('decides about services by the ids that their map gives them', () => {
  const known = new Set<string>(demoServices.map(service => `service:${service.id}`))
  const wrong = demoDecisions.filter(entry => entry.sender.startsWith('service:') && !known.has(entry.sender))
  expect(wrong).toEqual([])
})
