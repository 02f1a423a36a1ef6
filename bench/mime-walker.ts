import { randomBytes } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { partContent, readMimeMessage } from '@letterlock/protocols'
import PostalMime from 'postal-mime'
import { outsideUnpackedLimit, unwrap } from '../packages/letterlock/src/intake/unwrap.ts'

/**
 * Messages in a CPU second, of report mails of 7 KB: the MIME reader beside postal-mime on the same mails in the same
 * run, both with all attachments decoded; then the whole way from mail to XML. Argument: number of messages.
 */
const count = Number(process.argv[2] ?? 20_000)

const mails = Array.from({ length: 200 }, (_, index) => reportMail(index))
const size = mails.reduce((sum, mail) => sum + mail.length, 0) / mails.length

function reportMail(index: number): Buffer {
  const record = (row: number) =>
    `<record><row><source_ip>192.0.2.${row}</source_ip><count>${row * index}</count></row><id>${randomBytes(70).toString('base64')}</id></record>\n`
  const xml = `<?xml version="1.0"?>\n<feedback>${Array.from({ length: 25 }, (_, row) => record(row)).join('')}</feedback>\n`
  const trace = Array.from(
    { length: 6 },
    (_, hop) =>
      `Received: from mx${hop}.reporter.example (mx${hop}.reporter.example [192.0.2.${hop}])\r\n\tby mail.example.org with ESMTPS id ${index}${hop}\r\n\tfor <dmarc@example.org>; Mon, 7 Apr 2025 23:16:0${hop} +0200`,
  )
  const name = `reporter.example!example.org!1744000000!1744086399!${index}.xml.gz`
  const head = [
    ...trace,
    `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=reporter.example; s=s1;\r\n h=from:to:subject:date;\r\n bh=${randomBytes(32).toString('base64')};\r\n b=${randomBytes(256).toString('base64').replace(/.{72}/g, '$&\r\n  ')}`,
    'From: DMARC Reports <noreply-dmarc@reporter.example>',
    'To: dmarc@example.org',
    `Subject: Report Domain: example.org Submitter: reporter.example Report-ID: <${index}@reporter.example>`,
    'Date: Mon, 7 Apr 2025 23:16:00 +0200',
    `Message-ID: <${index}@reporter.example>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="=_part"',
  ]
  const attachment = gzipSync(xml).toString('base64').replace(/.{76}/g, '$&\r\n')
  return Buffer.from(
    `${head.join('\r\n')}\r\n\r\n--=_part\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThis is an aggregate report.\r\n--=_part\r\nContent-Type: application/gzip; name="${name}"\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="${name}"\r\n\r\n${attachment}\r\n--=_part--\r\n`,
  )
}

/** Messages in a second of CPU time of this process. */
async function rate(messages: number, work: (mail: Buffer) => unknown): Promise<number> {
  for (let index = 0; index < 400; index += 1) await work(pickMail(index))
  const start = process.cpuUsage()
  for (let index = 0; index < messages; index += 1) {
    const result = work(pickMail(index))
    if (result instanceof Promise) await result
  }
  const { user, system } = process.cpuUsage(start)
  return messages / ((user + system) / 1_000_000)
}

function pickMail(index: number): Buffer {
  return mails[index % mails.length] ?? Buffer.alloc(0)
}

function walk(mail: Buffer): number {
  let bytes = 0
  for (const part of readMimeMessage(mail).parts) bytes += partContent(mail, part).length
  return bytes
}

async function toXml(mail: Buffer): Promise<number> {
  let documents = 0
  for await (const document of unwrap({ bytes: mail }, { name: 'mail', unpackedLimit: outsideUnpackedLimit })) {
    if (document.kind === 'aggregate-xml') documents += 1
  }
  return documents
}

const ours = await rate(count, walk)
const theirs = await rate(Math.ceil(count / 10), mail => PostalMime.parse(mail, { attachmentEncoding: 'arraybuffer' }))
const whole = await rate(Math.ceil(count / 4), toXml)
const figures = {
  'bytes a mail': Math.round(size),
  'messages per CPU second, MIME parts': Math.round(ours),
  'messages per CPU second, postal-mime': Math.round(theirs),
  ratio: Number((ours / theirs).toFixed(1)),
  'messages per CPU second, mail to XML': Math.round(whole),
}
for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name}: ${value}\n`)
