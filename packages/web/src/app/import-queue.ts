import type { ImportAnswer } from '@letterlock/contract'
import { useSyncExternalStore } from 'react'
import { apiAddress, refusal } from '../api/client.ts'

type Verdict = ImportAnswer['deliveries'][number]['documents'][number]

/** One file of an import. */
export interface ImportEntry {
  readonly id: number
  readonly name: string
  readonly bytes: number
  readonly state: 'waiting' | 'sending' | 'done' | 'failed'
  readonly documents: readonly Verdict[]
  /** Why it failed, in words. */
  readonly error: string | null
}

export interface ImportState {
  readonly entries: readonly ImportEntry[]
  readonly isOpen: boolean
}

/** Requests at a time: one fills the server's parser, another keeps it busy while the next file is read. */
const concurrency = 3

/** Documents shown per file; an mbox may hold thousands. */
let state: ImportState = { entries: [], isOpen: false }
const files = new Map<number, File>()
const listeners = new Set<() => void>()
let nextId = 1
let running = 0
let onDone: () => void = () => {}

function set(changed: Partial<ImportState>): void {
  state = { ...state, ...changed }
  for (const listener of listeners) listener()
}

function patch(id: number, changed: Partial<ImportEntry>): void {
  set({ entries: state.entries.map(entry => (entry.id === id ? { ...entry, ...changed } : entry)) })
}

/** The state of the import, for the panel that shows it. */
export function useImports(): ImportState {
  return useSyncExternalStore(
    listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    () => state,
  )
}

/** Takes files into the queue and starts sending: one request per file, a few at a time. */
export function addFiles(added: readonly File[]): void {
  const entries = added.map((file): ImportEntry => {
    const id = nextId++
    files.set(id, file)
    return {
      id,
      name: file.webkitRelativePath || file.name,
      bytes: file.size,
      state: 'waiting',
      documents: [],
      error: null,
    }
  })
  if (entries.length === 0) return
  set({ entries: [...state.entries, ...entries], isOpen: true })
  pump()
}

export function closeImports(): void {
  set({ isOpen: false, entries: state.entries.filter(entry => entry.state === 'waiting' || entry.state === 'sending') })
}

/** What is to be done when the queue has run empty: the screen asks for its numbers again. */
export function whenImported(run: () => void): void {
  onDone = run
}

/** Sends what failed once more. */
export function retryFailed(): void {
  set({
    entries: state.entries.map(entry =>
      entry.state === 'failed' ? { ...entry, state: 'waiting', error: null } : entry,
    ),
  })
  pump()
}

function pump(): void {
  while (running < concurrency) {
    const next = state.entries.find(entry => entry.state === 'waiting')
    if (next === undefined) break
    running++
    patch(next.id, { state: 'sending' })
    void send(next).finally(() => {
      running--
      pump()
      if (running === 0) onDone()
    })
  }
}

async function send(entry: ImportEntry): Promise<void> {
  const file = files.get(entry.id)
  try {
    const response = await fetch(apiAddress('/imports', `?name=${encodeURIComponent(entry.name)}`), {
      method: 'POST',
      headers: { 'content-type': 'application/octet-stream', accept: 'application/json' },
      ...(file && { body: file }),
    })
    if (!response.ok) throw await refusal(response)
    const answer = (await response.json()) as ImportAnswer
    files.delete(entry.id)
    patch(entry.id, { state: 'done', documents: answer.deliveries.flatMap(delivery => delivery.documents) })
  } catch (cause) {
    patch(entry.id, { state: 'failed', error: cause instanceof Error ? cause.message : String(cause) })
  }
}

/** Opens the browser's own choice of files. */
export function askForFiles(): void {
  const input = document.createElement('input')
  input.type = 'file'
  input.multiple = true
  input.addEventListener('change', () => addFiles([...(input.files ?? [])]))
  input.click()
}
