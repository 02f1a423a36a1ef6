import { createHash } from 'node:crypto'
import { domainToASCII } from 'node:url'
import { leftOutLimit } from '@letterlock/contract'
import { localPrefix, type MapEntry, type Service, serviceCategories } from '@letterlock/posture'
import { getPublicSuffix } from 'tldts'
import { parse as parseYaml } from 'yaml'
import { z } from 'zod'
import { parseCsv } from './csv.ts'

/** Characters of a map in YAML, whose reader takes a second for each million; larger ones are written as JSON or CSV. */
export const yamlLimit = 1_048_576

/** Names and services of one map. */
export const mapEntriesLimit = 500_000
export const mapServicesLimit = 5000

/** Characters of a name or a type. */
const textLimit = 200

/** What a file holds. */
export interface SenderMapFile {
  readonly entries: readonly MapEntry[]
  readonly services: readonly Service[]
  /** Of the content: tells two loads apart. */
  readonly hash: string
  /** Lines that were left out, with the reason; the first of them. */
  readonly skipped: readonly string[]
  readonly skippedCount: number
}

export type SenderMapResult =
  | { readonly ok: true; readonly value: SenderMapFile }
  | { readonly ok: false; readonly text: string }

const suffixList = z.array(z.string()).max(1000).default([])
const text = z.string().trim().min(1).max(textLimit)

const serviceSchema = z.strictObject({
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'must be words of a-z and 0-9 with hyphens between'),
  name: text,
  category: z.enum(serviceCategories),
  spfIncludes: suffixList,
  dkimDomains: suffixList,
  ownSelectors: z
    .array(z.string().regex(/^[a-z0-9_#-]*\*?[a-z0-9_#-]*$/, 'may hold one *'))
    .max(100)
    .default([]),
  envelopeDomains: suffixList,
  ptrDomains: suffixList,
  alignedDkim: z.enum(['yes', 'no', 'unknown']).default('unknown'),
  alignedSpf: z.enum(['yes', 'no', 'unknown']).default('unknown'),
  setUp: z.string().trim().max(2000).default('Loaded from a map; it says nothing of how the service is set up.'),
})

const mapSchema = z.strictObject({
  schema: z.literal('letterlock.senders/1'),
  names: z
    .array(z.strictObject({ domain: z.string(), name: text, type: text.nullish() }))
    .max(mapEntriesLimit)
    .default([]),
  services: z.array(serviceSchema).max(mapServicesLimit).default([]),
})

/**
 * Reads a map of senders. Two forms: CSV with a header that names `base_reverse_dns` (or `domain`), `name` and, if
 * wanted, `type`; or JSON or YAML with `schema: letterlock.senders/1` and lists `names` and `services`. `day` is the
 * day of loading, YYYY-MM-DD; it is kept as the date of the facts.
 */
export function readSenderMap(content: string, fileName: string, day: string): SenderMapResult {
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 12)
  return /\.(json|ya?ml)$/i.test(fileName)
    ? readOwnForm(content, fileName, { hash, day })
    : readCsvForm(content, { hash })
}

function readCsvForm(content: string, { hash }: { readonly hash: string }): SenderMapResult {
  const rows = parseCsv(content)
  const header = rows.next()
  const columns = header.done === true ? [] : header.value.fields.map(field => field.trim().toLowerCase())
  const domainAt = columns.findIndex(column => column === 'base_reverse_dns' || column === 'domain')
  const nameAt = columns.indexOf('name')
  const typeAt = columns.indexOf('type')
  if (domainAt === -1 || nameAt === -1)
    return { ok: false, text: 'the first line must name the columns: base_reverse_dns (or domain), name, type' }
  const collected = new Collected()
  for (const { line, fields } of rows) {
    if (fields.length === 1 && fields[0] === '') continue
    if (collected.entries.length >= mapEntriesLimit)
      return { ok: false, text: `holds more than ${mapEntriesLimit} names` }
    const name = fields[nameAt]?.trim().slice(0, textLimit) ?? ''
    const type = (typeAt === -1 ? '' : (fields[typeAt]?.trim() ?? '')).slice(0, textLimit)
    if (name === '') collected.skip(`line ${line}: no name`)
    else collected.add(`line ${line}`, fields[domainAt] ?? '', { name, type: type === '' ? null : type })
  }
  return { ok: true, value: collected.done(hash, []) }
}

function readOwnForm(
  content: string,
  fileName: string,
  { hash, day }: { readonly hash: string; readonly day: string },
): SenderMapResult {
  const isJson = /\.json$/i.test(fileName)
  if (!isJson && content.length > yamlLimit)
    return { ok: false, text: `YAML has at most ${yamlLimit} characters; write it as JSON or CSV` }
  let document: unknown
  try {
    // No aliases: they can make a small file large.
    document = isJson ? JSON.parse(content) : parseYaml(content, { maxAliasCount: 0 })
  } catch (error) {
    return { ok: false, text: error instanceof Error ? error.message : String(error) }
  }
  const parsed = mapSchema.safeParse(document)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    return { ok: false, text: `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not a map of senders'}` }
  }
  const collected = new Collected()
  parsed.data.names.forEach(({ domain, name, type }, at) => {
    collected.add(`names.${at}`, domain, { name, type: type ?? null })
  })
  const services: Service[] = []
  const ids = new Set<string>()
  for (const { ownSelectors, id: written, ...facts } of parsed.data.services) {
    const id = written.startsWith(localPrefix) ? written : `${localPrefix}${written}`
    if (ids.has(id)) {
      collected.skip(`services: ${id} stands there already`)
      continue
    }
    ids.add(id)
    const tidied = { ...facts, ...tidySuffixes(id, facts, collected) }
    services.push({
      ...tidied,
      id,
      dkimSelectors: ownSelectors.filter(pattern => pattern !== '').map(pattern => ({ pattern, isSpecific: true })),
      sources: [{ from: `loaded map ${fileName}`, seen: day }],
    })
  }
  return { ok: true, value: collected.done(hash, services) }
}

const suffixMembers = ['spfIncludes', 'dkimDomains', 'envelopeDomains', 'ptrDomains'] as const
type SuffixLists = Readonly<Record<(typeof suffixMembers)[number], readonly string[]>>

function tidySuffixes(id: string, lists: SuffixLists, collected: Collected): SuffixLists {
  const tidied = (member: (typeof suffixMembers)[number]) =>
    lists[member].flatMap(written => {
      const domain = tidyDomain(written)
      if (domain.ok) return [domain.value]
      collected.skip(`services ${id} ${member}: ${domain.text}`)
      return []
    })
  return {
    spfIncludes: tidied('spfIncludes'),
    dkimDomains: tidied('dkimDomains'),
    envelopeDomains: tidied('envelopeDomains'),
    ptrDomains: tidied('ptrDomains'),
  }
}

/** Entries that were taken, and what was left out and why. */
class Collected {
  readonly entries: MapEntry[] = []
  readonly #known = new Set<string>()
  readonly #skipped: string[] = []
  #skippedCount = 0

  add(place: string, written: string, facts: { readonly name: string; readonly type: string | null }): void {
    const domain = tidyDomain(written)
    if (!domain.ok) this.skip(`${place}: ${domain.text}`)
    else if (this.#known.has(domain.value)) this.skip(`${place}: ${domain.value} stands there already`)
    else {
      this.#known.add(domain.value)
      this.entries.push({ domain: domain.value, ...facts })
    }
  }

  skip(reason: string): void {
    this.#skippedCount += 1
    if (this.#skipped.length < leftOutLimit) this.#skipped.push(reason)
  }

  done(hash: string, services: readonly Service[]): SenderMapFile {
    return { entries: this.entries, services, hash, skipped: this.#skipped, skippedCount: this.#skippedCount }
  }
}

const domainForm = /^_?[a-z0-9]([a-z0-9_-]*[a-z0-9])?(\._?[a-z0-9]([a-z0-9_-]*[a-z0-9])?)+$/

type Tidied = { readonly ok: true; readonly value: string } | { readonly ok: false; readonly text: string }

/** Lower case A-label; a public suffix such as co.uk is refused, because it would name everybody below it. */
function tidyDomain(written: string): Tidied {
  const trimmed = written.trim().replace(/\.$/, '').slice(0, 300)
  const domain = /^[\x21-\x7e]+$/.test(trimmed) ? trimmed.toLowerCase() : domainToASCII(trimmed)
  if (domain.length > 253 || !domainForm.test(domain))
    return { ok: false, text: `${JSON.stringify(trimmed)} is no domain` }
  if (getPublicSuffix(domain) === domain)
    return { ok: false, text: `${domain} is a public suffix: anybody may be below it` }
  return { ok: true, value: domain }
}
