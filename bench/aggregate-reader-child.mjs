// One measurement of bench/aggregate-reader.ts: plain JavaScript on the built package, so that peak memory is that of
// the reader and not of a compiler. Prints JSON.
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { SaxesParser } from 'saxes'
import { AggregateReader } from '../packages/protocols/dist/index.js'

const pieceBytes = 262_144

const [, , reader, file] = process.argv
const before = process.cpuUsage()
const { records, messages } = reader === 'saxes' ? withSaxes(file) : withLetterlock(file)
const { user, system } = process.cpuUsage(before)
// Linux counts maxRSS from the fork on, with the memory of the parent in it: its status file tells the program's own.
const status = existsSync('/proc/self/status') ? readFileSync('/proc/self/status', 'utf8') : ''
const peakMiB = Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1] ?? process.resourceUsage().maxRSS) / 1024
process.stdout.write(JSON.stringify({ records, messages, cpuSeconds: (user + system) / 1e6, peakMiB }))

function eachPiece(path, take) {
  const source = openSync(path, 'r')
  const piece = Buffer.alloc(pieceBytes)
  for (;;) {
    const size = readSync(source, piece, 0, pieceBytes, null)
    if (size === 0) break
    take(piece.subarray(0, size))
  }
  closeSync(source)
}

function withLetterlock(path) {
  let records = 0
  let messages = 0
  const aggregateReader = new AggregateReader({
    head: () => {},
    records: columns => {
      records += columns.length
    },
    end: summary => {
      messages = summary.messages
    },
  })
  eachPiece(path, piece => aggregateReader.push(piece))
  aggregateReader.end()
  return { records, messages }
}

/** The usual way: a path of open elements, and the fields of a record by their path. */
function withSaxes(path) {
  let records = 0
  let messages = 0
  const open = []
  let text = ''
  let record = {}
  const parser = new SaxesParser()
  parser.on('opentag', tag => {
    open.push(tag.name)
    text = ''
    if (tag.name === 'record') record = {}
  })
  parser.on('text', piece => {
    text += piece
  })
  parser.on('closetag', tag => {
    record[open.slice(2).join('/')] = text.trim()
    if (tag.name === 'record') {
      records += 1
      messages += Number(record['row/count'])
    }
    open.pop()
    text = ''
  })
  eachPiece(path, piece => parser.write(piece.toString('utf8')))
  parser.close()
  return { records, messages }
}
