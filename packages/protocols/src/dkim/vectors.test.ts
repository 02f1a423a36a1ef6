import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { readHeaderBlock } from '../message/header.ts'
import { rawFieldsOf } from './canonical-header.ts'
import { DkimVerifier } from './verify.ts'

/*
 * Signed messages of the RFCs and limit cases. Where the folder of vectors is missing, the suite is skipped and says
 * so; the cases of verify.test.ts always run.
 */
const folder = join(
  process.env['LETTERLOCK_VECTORS'] ?? join(import.meta.dirname, '../../../../../shared/vectors'),
  'dkim',
)

interface Vector {
  readonly id: string
  readonly file: string
  readonly dns: Readonly<Record<string, string>>
  readonly now: number | null
  readonly signatures: readonly {
    readonly d: string
    readonly s: string
    readonly a: string
    readonly expect: string
  }[]
}

const vectors: readonly Vector[] = existsSync(join(folder, 'vectors.json'))
  ? JSON.parse(readFileSync(join(folder, 'vectors.json'), 'utf8'))
  : []

async function verify(bytes: Buffer, dns: Readonly<Record<string, string>>, now: number) {
  const block = readHeaderBlock(bytes)
  const verifier = new DkimVerifier(rawFieldsOf(bytes, block), {
    resolver: resolverFrom({ txt: dns }),
    now,
  })
  verifier.body(bytes.subarray(block.bodyAt))
  return verifier.end()
}

/** Files with bare line feeds stand for messages that travel with CRLF. */
function asTravelled(file: string): Buffer {
  return Buffer.from(readFileSync(join(folder, file), 'latin1').replace(/\r?\n/g, '\r\n'), 'latin1')
}

describe.skipIf(vectors.length === 0)('messages of RFC 6376 and RFC 8463 (needs the conformance vectors)', () => {
  for (const vector of vectors)
    test(vector.id, async () => {
      const found = await verify(asTravelled(vector.file), vector.dns, vector.now ?? 0)
      expect(found.map(({ domain, selector, result }) => ({ d: domain, s: selector, expect: result }))).toEqual(
        vector.signatures.map(({ d, s, expect: result }) => ({ d, s, expect: result })),
      )
    })
})

describe.skipIf(!existsSync(join(folder, 'rspamd')))('limit cases (needs the conformance vectors)', () => {
  const keys = {
    'brisbane._domainkey.football.example.com': 'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=',
  }

  test('DKIM-078 an Ed25519 signature passes, its broken twin fails', async () => {
    const good = await verify(asTravelled('rspamd/ed25519.eml'), keys, 1_528_637_909)
    expect(
      good.find(entry => entry.domain === 'football.example.com' && entry.signature?.algorithm === 'ed25519-sha256')
        ?.result,
    ).toBe('pass')
    const broken = await verify(asTravelled('rspamd/ed25519-broken.eml'), keys, 1_528_637_909)
    expect(broken.some(entry => entry.result === 'pass')).toBe(false)
  })

  test('DKIM-088 no message of the set throws, and none passes without its key', async () => {
    for (const file of readdirSync(join(folder, 'rspamd')).filter(name => name.endsWith('.eml'))) {
      const found = await verify(asTravelled(`rspamd/${file}`), {}, 0)
      expect(found.some(entry => entry.result === 'pass')).toBe(false)
    }
  })
})
