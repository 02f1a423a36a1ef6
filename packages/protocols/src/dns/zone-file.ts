import type { Fault } from '../fault.ts'
import { completeName, type Field, type Origin, recordFromFields, seconds, splitFields } from './presentation.ts'
import { type RecordType, type ResourceRecord, recordTypes } from './record.ts'

/** Characters of one zone file that are read; the largest zones that people keep by hand are a few MB. */
export const zoneFileLimit = 67_108_864

/** Records of one zone file that are read. */
export const zoneRecordsLimit = 1_000_000

/** Seconds a record holds where neither it nor a `$TTL` says. */
const defaultTtl = 3600

/** A zone file as read: what could not be read is told line by line, the rest counts. */
export interface ZoneFile {
  readonly records: readonly ResourceRecord[]
  /** `at` is the number of the line, from 1 on. */
  readonly faults: readonly Fault<ZoneFileFault>[]
}

export type ZoneFileFault =
  | 'zone-long'
  | 'zone-records-limit'
  | 'zone-entry'
  | 'zone-include'
  | 'zone-type'
  | 'zone-parenthesis'

interface State {
  origin: Origin
  ttl: number
  owner: string | null
  readonly records: ResourceRecord[]
  readonly faults: Fault<ZoneFileFault>[]
}

/**
 * Reads master file format (RFC 1035 s5.1, `$TTL` of RFC 2308). Several zones may stand in one text, one behind
 * another, each with its `$ORIGIN`. `origin` is where relative names end before the first `$ORIGIN`; null takes names
 * as complete. `$INCLUDE` is refused: a text names no files here. Types without a text form here are told and left out.
 */
export function parseZoneFile(text: string, origin: Origin = null): ZoneFile {
  const state: State = { origin, ttl: defaultTtl, owner: null, records: [], faults: [] }
  if (text.length > zoneFileLimit) fault(state, 'zone-long', 1, `the text exceeds ${zoneFileLimit} characters`)
  else
    for (const { line, entry } of entriesOf(text, state)) {
      if (state.records.length === zoneRecordsLimit) {
        fault(state, 'zone-records-limit', line, `there are more than ${zoneRecordsLimit} records`)
        break
      }
      readEntry(state, entry, line)
    }
  return { records: state.records, faults: state.faults }
}

function fault(state: State, code: ZoneFileFault, at: number, text: string): void {
  state.faults.push({ code, at, text })
}

/** Lines joined where parentheses hold them together, comments taken off. */
function* entriesOf(text: string, state: State): Generator<{ line: number; entry: string }> {
  let entry = ''
  let first = 1
  let depth = 0
  let line = 0
  for (const raw of text.split(/\r?\n/)) {
    line += 1
    const read = stripped(raw, depth)
    if (depth === 0) first = line
    entry += read.text
    depth = read.depth
    if (depth > 0) entry += ' '
    else {
      if (entry.trim() !== '') yield { line: first, entry }
      entry = ''
    }
  }
  if (depth > 0) fault(state, 'zone-parenthesis', first, 'a parenthesis is not closed')
}

/** One line without its comment and parentheses; both mean nothing inside quotes. */
function stripped(line: string, before: number): { text: string; depth: number } {
  let out = ''
  let depth = before
  let isQuoted = false
  for (let at = 0; at < line.length; at += 1) {
    const character = line.charAt(at)
    if (character === '\\') {
      out += line.slice(at, at + 2)
      at += 1
    } else if (character === '"') {
      isQuoted = !isQuoted
      out += character
    } else if (isQuoted) out += character
    else if (character === ';') break
    else if (character === '(') depth += 1
    else if (character === ')') depth = Math.max(0, depth - 1)
    else out += character
  }
  return { text: out, depth }
}

function readEntry(state: State, entry: string, line: number): void {
  const split = splitFields(entry)
  if (!split.ok) {
    fault(state, 'zone-entry', line, split.fault.text)
    return
  }
  const [first, second] = split.value
  if (first === undefined) return
  if (first.text === '$ORIGIN') {
    const origin = second === undefined ? null : completeName(second.text, state.origin)
    if (origin === null) fault(state, 'zone-entry', line, '$ORIGIN names no domain')
    else state.origin = origin
  } else if (first.text === '$TTL') {
    const ttl = second === undefined ? null : seconds(second.text)
    if (ttl === null) fault(state, 'zone-entry', line, '$TTL names no time')
    else state.ttl = ttl
  } else if (first.text.startsWith('$')) fault(state, 'zone-include', line, `${first.text} is not followed`)
  else readRecord(state, split.value, { line, hasOwner: !/^[ \t]/.test(entry) })
}

function readRecord(state: State, fields: readonly Field[], from: { line: number; hasOwner: boolean }): void {
  const { line, hasOwner } = from
  if (hasOwner) {
    const owner = completeName(fields[0]?.text ?? '', state.origin)
    if (owner === null) {
      fault(state, 'zone-entry', line, `"${fields[0]?.text ?? ''}" is no name`)
      return
    }
    state.owner = owner
  }
  if (state.owner === null) {
    fault(state, 'zone-entry', line, 'the first record has no name')
    return
  }
  const { at, ttl } = headOf(fields, hasOwner ? 1 : 0, state.ttl)
  const type = fields[at]?.text.toUpperCase() ?? ''
  if (!isRecordType(type)) {
    fault(state, 'zone-type', line, type === '' ? 'a type is missing' : `the type ${type} is not read`)
    return
  }
  const record = recordFromFields({ name: state.owner, ttl, type }, fields.slice(at + 1), state.origin)
  if (record.ok) state.records.push(record.value)
  else fault(state, 'zone-entry', line, record.fault.text)
}

/** TTL and class stand before the type in either order, and both may be left out (RFC 1035 s5.1). */
function headOf(fields: readonly Field[], from: number, fallback: number): { at: number; ttl: number } {
  let at = from
  let ttl = fallback
  for (let turn = 0; turn < 2; turn += 1) {
    const text = fields[at]?.text ?? ''
    const time = /^[0-9]/.test(text) ? seconds(text) : null
    if (time !== null) ttl = time
    else if (text.toUpperCase() !== 'IN') break
    at += 1
  }
  return { at, ttl }
}

function isRecordType(type: string): type is RecordType {
  return Object.hasOwn(recordTypes, type)
}
