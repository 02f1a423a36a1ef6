import type { SenderKey } from './sender.ts'
import type { Service } from './service.ts'

/** Longest domain name in text form (RFC 1035 s2.3.4); a longer one is no domain and names nothing. */
export const domainNameLimit = 253

/** A domain that a loaded map names. It gives a name to a sender and leaves its key as it is. */
export interface MapEntry {
  /** Lower case A-label; stands for itself and for every name below it. */
  readonly domain: string
  readonly name: string
  /** As the map writes it, such as `Web Host`. */
  readonly type: string | null
}

/** Which evidence a suffix of a service belongs to. */
export type SuffixKind = 'dkim' | 'envelope' | 'ptr'

export type SuffixIndexes = Readonly<Record<SuffixKind, ReadonlyMap<string, Service>>>

/** Services made searchable. Built once, asked for every distinct row. */
export interface Catalogue {
  /** Goes into the store beside each attribution: another version may name the same evidence otherwise. */
  readonly version: string
  readonly services: ReadonlyMap<string, Service>
  /** Suffixes of the built-in services. */
  readonly suffixes: SuffixIndexes
  /** Suffixes of the services of a loaded map; only asked where no built-in service is found. */
  readonly loadedSuffixes: SuffixIndexes
  readonly exactSelectors: ReadonlyMap<string, Service>
  /** Patterns by their first character; those that begin with a wildcard under ''. */
  readonly selectorForms: ReadonlyMap<string, readonly SelectorForm[]>
  readonly names: ReadonlyMap<string, MapEntry>
}

/** A selector pattern with wildcards, made ready to match. */
export interface SelectorForm {
  readonly form: RegExp
  readonly service: Service
}

/** What a person loaded. It has lower trust than the built-in services. */
export interface LoadedMap {
  readonly entries: readonly MapEntry[]
  /** Services in the form of the built-in ones; their ids begin with `local-`, so that none is ever mistaken. */
  readonly services?: readonly Service[]
  /** Tells two loads apart: it becomes part of the version. */
  readonly hash: string
}

/** What `catalogueOf` makes searchable. */
export interface CatalogueInput {
  readonly services: readonly Service[]
  readonly version: string
  readonly map?: LoadedMap
}

/** Builds the index. The first service that claims a suffix or an id keeps it; that no two built-in do is tested. */
export function catalogueOf({ services, version, map }: CatalogueInput): Catalogue {
  const loaded = map?.services ?? []
  const byId = new Map<string, Service>()
  const exactSelectors = new Map<string, Service>()
  const selectorForms = new Map<string, SelectorForm[]>()
  for (const service of [...services, ...loaded]) {
    claim(byId, [service.id], service)
    for (const { pattern, isSpecific } of service.dkimSelectors) {
      if (!isSpecific) continue
      if (/[#*]/.test(pattern)) addForm(selectorForms, pattern, service)
      else claim(exactSelectors, [pattern], service)
    }
  }
  const names = new Map<string, MapEntry>()
  for (const entry of map?.entries ?? []) if (!names.has(entry.domain)) names.set(entry.domain, entry)
  return {
    version: map === undefined ? version : `${version}+${map.hash}`,
    services: byId,
    suffixes: suffixIndexes(services),
    loadedSuffixes: suffixIndexes(loaded),
    exactSelectors,
    selectorForms,
    names,
  }
}

function suffixIndexes(services: readonly Service[]): SuffixIndexes {
  const indexes = {
    dkim: new Map<string, Service>(),
    envelope: new Map<string, Service>(),
    ptr: new Map<string, Service>(),
  }
  for (const service of services) {
    claim(indexes.dkim, service.dkimDomains, service)
    claim(indexes.envelope, service.envelopeDomains, service)
    claim(indexes.ptr, service.ptrDomains, service)
  }
  return indexes
}

/** The service that a name belongs to; a built-in one before one that was loaded. */
export function serviceOfName(catalogue: Catalogue, kind: SuffixKind, name: string): Service | null {
  return longestSuffix(catalogue.suffixes[kind], name) ?? longestSuffix(catalogue.loadedSuffixes[kind], name)
}

/** The value of the longest suffix of `name` that the index holds, or null. */
export function longestSuffix<T>(index: ReadonlyMap<string, T>, name: string): T | null {
  if (index.size === 0 || name.length > domainNameLimit) return null
  for (let at = 0; ; ) {
    const found = index.get(at === 0 ? name : name.slice(at))
    if (found !== undefined) return found
    const dot = name.indexOf('.', at)
    if (dot === -1) return null
    at = dot + 1
  }
}

/** The service that alone uses this selector on its customers' domains, or null. */
export function serviceOfSelector(catalogue: Catalogue, selector: string): Service | null {
  if (selector.length > domainNameLimit) return null
  const exact = catalogue.exactSelectors.get(selector)
  if (exact !== undefined) return exact
  for (const first of [selector.charAt(0), ''])
    for (const { form, service } of catalogue.selectorForms.get(first) ?? []) if (form.test(selector)) return service
  return null
}

/** What people read for a key: the name of the service, else the value of the key with a name from the map. */
export interface SenderLabel {
  readonly name: string
  /** Category of the service, or the type that a loaded map gives; null where neither knows it. */
  readonly category: string | null
  /** `catalogue` and `map` say who gave the name; `key` that it is the bare value. */
  readonly from: 'catalogue' | 'map' | 'key'
}

/** The label of a key. A service that a newer catalogue dropped is shown by its id. */
export function senderLabel(key: SenderKey, catalogue: Catalogue): SenderLabel {
  const colon = key.indexOf(':')
  const basis = key.slice(0, colon)
  const value = key.slice(colon + 1)
  if (basis === 'service') {
    const service = catalogue.services.get(value)
    if (service !== undefined)
      return {
        name: service.name,
        category: service.category,
        from: value.startsWith(localPrefix) ? 'map' : 'catalogue',
      }
    return { name: value, category: null, from: 'key' }
  }
  if (basis === 'as') return { name: `AS${value}`, category: null, from: 'key' }
  if (basis === 'ip') return { name: value === 'unknown' ? 'no source address' : value, category: null, from: 'key' }
  const entry = longestSuffix(catalogue.names, value)
  if (entry !== null) return { name: entry.name, category: entry.type, from: 'map' }
  return { name: value, category: null, from: 'key' }
}

/** Ids of services that come from a loaded map begin so; no built-in id does. */
export const localPrefix = 'local-'

function claim(index: Map<string, Service>, names: readonly string[], service: Service): void {
  for (const name of names) if (!index.has(name)) index.set(name, service)
}

function addForm(forms: Map<string, SelectorForm[]>, pattern: string, service: Service): void {
  const first = pattern.charAt(0)
  const key = first === '#' || first === '*' ? '' : first
  const group = forms.get(key) ?? []
  group.push({ form: selectorForm(pattern), service })
  forms.set(key, group)
}

function selectorForm(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+?^${}()|[\]\\]/g, '\\$&')
    .replace(/#/g, '[0-9]+')
    .replace(/\*/g, '[^.]*')
  return new RegExp(`^${source}$`)
}
