import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { rawFieldsOf } from '../dkim/canonical-header.ts'
import { resolverFrom } from '../dns/literal-resolver.ts'
import { readHeaderBlock } from '../message/header.ts'
import { ArcVerifier } from './verify.ts'

/*
 * The public ARC test suite. Where the folder of vectors is missing, the suite is skipped and says so; the cases of
 * seal.test.ts always run.
 */
const folder = process.env['LETTERLOCK_VECTORS'] ?? join(import.meta.dirname, '../../../../../shared/vectors')
const file = join(folder, 'arc/valimail/arc-draft-validation-tests.json')

interface Section {
  readonly description: string
  readonly 'txt-records': Readonly<Record<string, string>>
  readonly tests: Readonly<Record<string, { readonly message: string; readonly cv: string | null }>>
}

const sections: readonly Section[] = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : []

/** Where the suite follows early drafts, and what the standards say instead. */
const departures: Readonly<Record<string, string>> = {
  ams_fields_c_na: 'fail', // RFC 6376 s3.5: without c= it is simple/simple, and relaxed was signed
  ams_fields_h_empty: 'fail', // RFC 6376 s3.5: h= is not empty
  ams_fields_h_mis_hdr: 'fail', // RFC 6376 s3.5: nor holds an empty name
  cv_fail_i1_as_cv_fail: 'fail', // RFC 8617 s5.2
  cv_fail_i2_as2_fail: 'fail',
  cv_fail_i2_as1_fail: 'fail',
}

describe.skipIf(sections.length === 0)('ARC-010 to ARC-019 validation suite (needs the conformance vectors)', () => {
  for (const section of sections)
    describe(section.description, () => {
      const txt = Object.entries(section['txt-records']).map(([name, text]) => [name, text.replace(/\n/g, '')] as const)
      const resolver = resolverFrom({ txt: Object.fromEntries(txt) })
      for (const [name, given] of Object.entries(section.tests))
        test(name, async () => {
          const bytes = Buffer.from(given.message.replace(/\r?\n/g, '\r\n'))
          const block = readHeaderBlock(bytes)
          const verifier = new ArcVerifier(rawFieldsOf(bytes, block), { resolver, now: 12_345 })
          verifier.body(bytes.subarray(block.bodyAt))
          const found = await verifier.end()
          expect(found.result, found.text).toBe(departures[name] ?? given.cv?.toLowerCase())
        })
    })
})
