import { gzipSync } from 'node:zlib'

/** What of a made report matters to a test; all else is the same each time. */
export interface MadeReport {
  readonly id: string
  readonly domain?: string
  readonly reporter?: string
  /** Seconds since 1970, UTC. */
  readonly begin?: number
  readonly records?: number
}

/** Numbers that look random and are the same in every run (a linear congruential generator). */
function sequence(seed: string): () => number {
  let state = 7
  for (const character of seed) state = (state * 31 + character.charCodeAt(0)) >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 4_294_967_296
  }
}

/** An aggregate report in the form of RFC 7489; with `made`, of these records. */
export function reportXml(report: MadeReport, made?: readonly string[]): string {
  const { id, domain = 'example.org', reporter = 'receiver.example', begin = 1_795_132_800, records = 3 } = report
  const rows = (made ?? [...recordsXml(id, domain, records)]).join('')
  return `<?xml version="1.0" encoding="UTF-8" ?>
<feedback>
  <version>1.0</version>
  <report_metadata>
    <org_name>${reporter}</org_name>
    <email>noreply-dmarc@${reporter}</email>
    <report_id>${id}</report_id>
    <date_range><begin>${begin}</begin><end>${begin + 86_399}</end></date_range>
  </report_metadata>
  <policy_published>
    <domain>${domain}</domain><adkim>r</adkim><aspf>r</aspf><p>none</p><sp>none</sp><pct>100</pct><fo>0</fo>
  </policy_published>
${rows}</feedback>
`
}

/** The records of a made report, one after the other: nearly every one has a source and a selector of its own. */
export function* recordsXml(seed: string, domain: string, records: number): Generator<string> {
  const next = sequence(seed)
  const pick = (count: number): number => Math.floor(next() * count)
  for (let record = 0; record < records; record++) {
    const place = pick(3 * 16_777_216)
    const ip = `${[198, 203, 192][place % 3]}.${(place >> 17) & 255}.${(place >> 9) & 255}.${(place >> 1) & 255}`
    const dkim = pick(4) > 0 ? 'pass' : 'fail'
    const spf = pick(3) > 0 ? 'pass' : 'fail'
    const service = pick(40)
    const selector = `s${pick(1000)}`
    const envelope = pick(2) === 0 ? domain : `bounce.esp${service}.example`
    yield `  <record>
    <row>
      <source_ip>${ip}</source_ip><count>${1 + pick(500)}</count>
      <policy_evaluated><disposition>none</disposition><dkim>${dkim}</dkim><spf>${spf}</spf></policy_evaluated>
    </row>
    <identifiers><envelope_from>${envelope}</envelope_from><header_from>${domain}</header_from></identifiers>
    <auth_results>
      <dkim><domain>${domain}</domain><selector>${selector}</selector><result>${dkim}</result></dkim>
      <spf><domain>${envelope}</domain><scope>mfrom</scope><result>${spf}</result></spf>
    </auth_results>
  </record>
`
  }
}

/** A report mail as large receivers send it: headers with signatures, text, and the gzipped report in base64. */
export function reportMail(report: MadeReport, records?: readonly string[]): Buffer {
  const { id, domain = 'example.org', reporter = 'receiver.example', begin = 1_795_132_800 } = report
  const next = sequence(`mail ${id}`)
  const noise = (length: number): string =>
    Array.from(
      { length },
      () => 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'[Math.floor(next() * 64)],
    )
      .join('')
      .replace(/(.{70})/g, '$1\r\n        ')
  const name = `${reporter}!${domain}!${begin}!${begin + 86_399}.xml.gz`
  const packed = gzipSync(reportXml(report, records))
    .toString('base64')
    .replace(/(.{76})/g, '$1\r\n')
  const text = [
    `Received: from mail.${reporter} (mail.${reporter} [192.0.2.10]) by mx.${domain} with ESMTPS id ${noise(16)}`,
    '        for <dmarc-reports@example.org>; Tue, 24 Nov 2026 03:00:00 +0000',
    `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=${reporter}; s=20230601; t=1795478400;`,
    `        bh=${noise(43)}=; b=${noise(340)}`,
    `ARC-Seal: i=1; a=rsa-sha256; t=1795478400; cv=none; d=${reporter}; s=arc-20240605; b=${noise(340)}`,
    `ARC-Message-Signature: i=1; a=rsa-sha256; d=${reporter}; s=arc-20240605; bh=${noise(43)}=; b=${noise(340)}`,
    `X-Message-State: ${noise(1400)}`,
    `X-Received: by 2002:a05:6820:${noise(12)} with SMTP id ${noise(500)}`,
    `X-Source: ${noise(900)}`,
    `From: noreply-dmarc@${reporter}`,
    `To: dmarc-reports@${domain}`,
    `Subject: Report domain: ${domain} Submitter: ${reporter} Report-ID: ${id}`,
    `Message-ID: <${id}@${reporter}>`,
    'Date: Tue, 24 Nov 2026 03:00:00 +0000',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="made-boundary"',
    '',
    '--made-boundary',
    'Content-Type: text/plain; charset=us-ascii',
    '',
    'This is an aggregate report.',
    '--made-boundary',
    `Content-Type: application/gzip; name="${name}"`,
    'Content-Transfer-Encoding: base64',
    `Content-Disposition: attachment; filename="${name}"`,
    '',
    packed,
    '--made-boundary--',
    '',
  ]
  return Buffer.from(text.join('\r\n'), 'latin1')
}
