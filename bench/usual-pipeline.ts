import { createHash } from 'node:crypto'
import { deflateRawSync, gunzipSync } from 'node:zlib'
import type { AuthResult, DkimResult, RecordColumns, SpfResult } from '@letterlock/protocols'
import { XMLParser } from 'fast-xml-parser'
// @ts-expect-error the package brings no types
import { simpleParser as untypedParser } from 'mailparser'
import type { IntakeOp } from '../packages/letterlock/src/store/intake-op.ts'

/*
 * The pipeline most tools are built as: mailparser for the mail, gunzip, fast-xml-parser for the report, objects for
 * the records. It ends in the same steps as ours, so that both write into the same store.
 */

/** The one function of mailparser that is used, with what is used of its answer. */
const simpleParser: (mail: Buffer) => Promise<{
  readonly attachments: readonly { readonly filename?: string; readonly content: Buffer }[]
}> = untypedParser

interface XmlRecord {
  readonly row: {
    readonly source_ip: string
    readonly count: string
    readonly policy_evaluated: { readonly disposition: string; readonly dkim: string; readonly spf: string }
  }
  readonly identifiers: { readonly header_from: string; readonly envelope_from?: string }
  readonly auth_results: {
    readonly dkim?: readonly { readonly domain: string; readonly selector?: string; readonly result: AuthResult }[]
    readonly spf?: readonly {
      readonly domain: string
      readonly scope?: 'mfrom' | 'helo'
      readonly result: AuthResult
    }[]
  }
}

interface XmlFeedback {
  readonly feedback: {
    readonly report_metadata: {
      readonly org_name: string
      readonly email: string
      readonly report_id: string
      readonly date_range: { readonly begin: string; readonly end: string }
    }
    readonly policy_published: { readonly domain: string }
    readonly record: readonly XmlRecord[]
  }
}

const parser = new XMLParser({
  parseTagValue: false,
  isArray: name => name === 'record' || name === 'dkim' || name === 'spf',
})

/** Steps of one report mail, read with the usual libraries. */
export async function usualSteps(name: string, mail: Buffer): Promise<IntakeOp[]> {
  const parsed = await simpleParser(mail)
  const hash = createHash('sha256').update(mail).digest()
  const steps: IntakeOp[] = [
    { op: 'delivery', tenant: 1, channel: 'file', name, receivedAt: 0, hash, headers: null, envelopeFrom: null },
    { op: 'piece', seq: 0, size: mail.length, bytes: new Uint8Array(deflateRawSync(mail, { level: 1 })) },
  ]
  for (const attachment of parsed.attachments) {
    const xml = gunzipSync(attachment.content)
    const { feedback } = parser.parse(xml) as XmlFeedback
    steps.push(...reportSteps(attachment.filename ?? '', xml, feedback))
  }
  steps.push({ op: 'end', hash, size: mail.length })
  return steps
}

function reportSteps(path: string, xml: Buffer, feedback: XmlFeedback['feedback']): IntakeOp[] {
  const hash = createHash('sha256').update(xml).digest()
  const { report_metadata: metadata, policy_published: policy, record: records } = feedback
  const head = {
    form: 'rfc7489',
    version: '1.0',
    namespace: null,
    metadata: {
      orgName: metadata.org_name,
      email: metadata.email,
      extraContactInfo: [],
      reportId: metadata.report_id,
      begin: Number(metadata.date_range.begin),
      end: Number(metadata.date_range.end),
      errors: [],
      generator: null,
    },
    policy: {
      domain: policy.domain,
      p: 'none',
      sp: 'none',
      np: null,
      adkim: 'r',
      aspf: 'r',
      pct: 100,
      fo: '0',
      testing: null,
      discoveryMethod: null,
      defaulted: [],
    },
  } as const
  const values = new Values()
  const columns = columnsOf(records, values)
  const messages = records.reduce((sum, record) => sum + Number(record.row.count), 0)
  const summary = { head, records: records.length, messages, isPartial: false, deviations: [], deviationCounts: {} }
  return [
    { op: 'aggregate-head', path, head, hash },
    { op: 'records', columns, added: values },
    { op: 'aggregate-end', hash, size: xml.length, summary },
  ]
}

class Values {
  readonly sources: (string | null)[] = [null]
  readonly names: (string | null)[] = [null]
  readonly reasonSets: readonly never[][] = [[]]
  readonly dkimSets: (readonly DkimResult[])[] = [[]]
  readonly spfSets: (readonly SpfResult[])[] = [[]]
  readonly #places = new Map<string, number>()

  place<T>(kind: string, key: string, list: T[], value: T): number {
    const known = this.#places.get(`${kind} ${key}`)
    if (known !== undefined) return known
    this.#places.set(`${kind} ${key}`, list.length)
    list.push(value)
    return list.length - 1
  }
}

const verdictCode = (text: unknown): number => (String(text) === 'pass' ? 2 : 1)

function columnsOf(records: readonly XmlRecord[], values: Values): RecordColumns {
  const { length } = records
  const columns: RecordColumns = {
    length,
    first: 0,
    source: new Uint32Array(length),
    count: new Float64Array(length),
    disposition: new Uint8Array(length),
    dkim: new Uint8Array(length),
    spf: new Uint8Array(length),
    headerFrom: new Uint32Array(length),
    envelopeFrom: new Uint32Array(length),
    envelopeTo: new Uint32Array(length),
    reasons: new Uint32Array(length),
    dkimResults: new Uint32Array(length),
    spfResults: new Uint32Array(length),
    flags: new Uint8Array(length),
  }
  records.forEach((record, at) => {
    const { row, identifiers, auth_results: results } = record
    const dkim = (results.dkim ?? []).map(one => ({
      domain: one.domain,
      selector: one.selector ?? null,
      result: one.result,
      humanResult: null,
    }))
    const spf = (results.spf ?? []).map(one => ({
      domain: one.domain,
      scope: one.scope ?? null,
      result: one.result,
      humanResult: null,
    }))
    columns.source[at] = values.place('ip', row.source_ip, values.sources, row.source_ip)
    columns.count[at] = Number(row.count)
    columns.disposition[at] = 1
    columns.dkim[at] = verdictCode(row.policy_evaluated.dkim)
    columns.spf[at] = verdictCode(row.policy_evaluated.spf)
    columns.headerFrom[at] = values.place('name', identifiers.header_from, values.names, identifiers.header_from)
    const envelope = identifiers.envelope_from ?? null
    if (envelope !== null) columns.envelopeFrom[at] = values.place('name', envelope, values.names, envelope)
    columns.dkimResults[at] = values.place('dkim', JSON.stringify(dkim), values.dkimSets, dkim)
    columns.spfResults[at] = values.place('spf', JSON.stringify(spf), values.spfSets, spf)
  })
  return columns
}
