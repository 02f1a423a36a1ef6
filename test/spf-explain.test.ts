import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spfExplainDocumentSchema } from '@letterlock/contract'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exactly } from './command-document.ts'
import { runCommand } from './run-command.ts'
import { startTxtServer } from './servers/txt-server.ts'

const zone = `$ORIGIN example.org.
@ SOA ns hostmaster 1 2 3 4 5
@ TXT "v=spf1 mx ip4:192.0.2.0/28 include:_spf.vendor.example ~all"
@ MX 10 mx
mx A 192.0.2.99
broken TXT "v=spf1 ip4:192.0.2.300 -all"
long TXT "v=spf1 a a a a a a a a a a a -all"
long A 192.0.2.1
void TXT "v=spf1 a:n1.example.org a:n2.example.org a:n3.example.org -all"
loop TXT "v=spf1 include:loop.example.org -all"
$ORIGIN vendor.example.
_spf TXT "v=spf1 include:_a.vendor.example ?all"
_a TXT "v=spf1 ip4:198.51.100.0/24 exists:%{i}._l.vendor.example -all"
`

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'letterlock-spf-'))
  writeFileSync(join(folder, 'zone'), zone)
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const explain = (args: readonly string[]) => runCommand(['spf', 'explain', ...args, '--zone', join(folder, 'zone')])

async function explained(args: readonly string[]) {
  const { stdout, stderr, code } = await explain([...args, '--json'])
  if (stdout === '') throw new Error(stderr)
  const document = exactly(spfExplainDocumentSchema, stdout)
  expect(document.exit).toBe(code)
  return document
}

describe('spf explain', () => {
  test('SPF-070 the tree with the look-ups of each term, and 0 where receivers can use it', async () => {
    const { tree, lookups, problems, exit } = await explained(['example.org'])
    expect([lookups, problems, exit]).toEqual([4, [], 0])
    expect(tree.terms.map(({ text, lookupsBelow }) => [text, lookupsBelow])).toEqual([
      ['mx', 1],
      ['ip4:192.0.2.0/28', 0],
      ['include:_spf.vendor.example', 3],
      ['~all', 0],
    ])
    const { stdout } = await explain(['example.org'])
    expect(stdout).toContain('example.org: 4 of 10 look-ups, 0 of 2 that find nothing')
    expect(stdout.replace(/\s+/g, ' ')).toContain('the mail servers of example.org (192.0.2.99)')
    expect(stdout).toMatch(/^ {4} {2}2 {2}include:_a\.vendor\.example/m)
  })

  test('the term that decides for an address, through every include', async () => {
    const { check, exit } = await explained(['example.org', '--ip', '198.51.100.9'])
    expect(check).toMatchObject({
      result: 'pass',
      terms: 3,
      matched: [
        { domain: 'example.org', term: 'include:_spf.vendor.example' },
        { domain: '_spf.vendor.example', term: 'include:_a.vendor.example' },
        { domain: '_a.vendor.example', term: 'ip4:198.51.100.0/24', at: 7 },
      ],
    })
    expect(exit).toBe(0)
    const { stdout } = await explain(['example.org', '--ip', '198.51.100.9'])
    expect(stdout).toContain('Yes: 198.51.100.9 may send for example.org.')
    expect(stdout).toMatch(/>ip4:198\.51\.100\.0\/24/)
  })

  test('an address that may not send is 2', async () => {
    expect((await explained(['example.org', '--ip', '203.0.113.1'])).check).toMatchObject({ result: 'softfail' })
    expect((await explain(['example.org', '--ip', '203.0.113.1'])).code).toBe(2)
  })

  test.each([
    ['broken.example.org', 'spf-syntax', 11],
    ['long.example.org', 'spf-terms-limit', null],
    ['void.example.org', 'spf-void-limit', null],
    ['loop.example.org', 'spf-loop', null],
    ['none.example.org', 'spf-none', null],
  ])('%s cannot be used: %s', async (domain, code, at) => {
    const { problems, exit } = await explained([domain])
    expect(problems.filter(({ level }) => level === 'error')).toMatchObject([{ code, at }])
    expect(exit).toBe(2)
  })

  test('the place of a fault is marked', async () => {
    const { stdout } = await explain(['broken.example.org'])
    const lines = stdout.split('\n')
    const at = lines.findIndex(line => line.includes('v=spf1 ip4:192.0.2.300'))
    expect(lines[at + 1]?.indexOf('^')).toBe(lines[at]?.indexOf('192.0.2.300'))
  })

  test('what DNS does not answer is 5, not a fault of the record', async () => {
    const dns = await startTxtServer({ 'example.org': 'v=spf1 include:x.example.net -all' }, 2)
    try {
      const { code, stdout } = await runCommand(['spf', 'explain', 'example.org', '--resolver', dns.address, '--json'])
      expect(code).toBe(5)
      expect(exactly(spfExplainDocumentSchema, stdout).problems).toMatchObject([
        { code: 'spf-undetermined', level: 'unknown' },
      ])
    } finally {
      dns.close()
    }
  })

  test.each([
    [['spf'], 'what shall be explained?'],
    [['spf', 'explain', '..'], '.. is no domain'],
    [['spf', 'explain', 'example.org', '--helo', 'x', '--zone', 'zone'], 'need'],
  ])('bad usage %j', async (args, text) => {
    const { code, stderr } = await runCommand(args, { workingDirectory: folder })
    expect([code, stderr]).toEqual([3, expect.stringContaining(text)])
  })
})
