import { parentPort, workerData } from 'node:worker_threads'
import { collectGarbage } from './collect-garbage.ts'
import { runQuery } from './query.ts'
import { openReader, type SqliteDatabase, StatementCache } from './sqlite.ts'
import type { FromThread, QueryMessage, ReaderSetup } from './thread-messages.ts'

/* Entry of a reader thread: one reading connection that answers queries in their order. */

/** Prepared statements kept: the views with their filters. */
const readerStatements = 300

const port = parentPort
if (port === null) throw new Error('this file is the entry of a worker thread')
// The store starts this thread and gives it its setup.
const { file } = workerData as ReaderSetup

/** A connection with its statements: memory that is only kept while queries come. */
interface Reading {
  readonly database: SqliteDatabase
  readonly statements: StatementCache
}

function open(): Reading {
  const database = openReader(file)
  return { database, statements: new StatementCache(database, readerStatements) }
}

let reading: Reading | null = open()

port.on('message', (message: QueryMessage | { readonly type: 'rest' | 'close' }) => {
  if (message.type !== 'query') {
    reading?.database.close()
    reading = null
    if (message.type === 'close') port.close()
    else collectGarbage()
    return
  }
  try {
    reading ??= open()
    const value = runQuery(reading.statements, message)
    port.postMessage({ type: 'answer', id: message.id, value } satisfies FromThread)
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    port.postMessage({ type: 'refused', id: message.id, message: text } satisfies FromThread)
  }
})
