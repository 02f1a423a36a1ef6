import type { Command } from './command.ts'

export interface CommandEntry {
  /** One line for the list of commands; the same as in the command's file. */
  readonly summary: string
  /** Loads the file of the command: the others cost nothing at the start. */
  load(): Promise<Command>
}

/** Every command, in the order of the help. */
export const commandTable: Readonly<Record<string, CommandEntry>> = {
  serve: {
    summary: 'serve the web app and the API, and take reports from the sources',
    load: async () => (await import('./serve.ts')).command,
  },
  ingest: {
    summary: 'bring reports into the store: files, folders, mbox, maildir, stdin',
    load: async () => (await import('./ingest.ts')).command,
  },
  reparse: {
    summary: 'read kept reports again, as after an upgrade',
    load: async () => (await import('./reparse.ts')).command,
  },
  senders: {
    summary: 'list senders, decide whose they are, load a map of names',
    load: async () => (await import('./senders.ts')).command,
  },
  verify: {
    summary: 'explain SPF, DKIM, ARC and DMARC of a message: who really sent it?',
    load: async () => (await import('./verify.ts')).command,
  },
  spf: {
    summary: 'explain the SPF record of a domain: the tree of includes with its look-ups',
    load: async () => (await import('./spf.ts')).command,
  },
  dkim: {
    summary: 'make DKIM keys, sign a message, print or check a key record',
    load: async () => (await import('./dkim.ts')).command,
  },
  backup: {
    summary: 'write a consistent copy of the store to a file, also while it is in use',
    load: async () => (await import('./backup.ts')).command,
  },
  restore: {
    summary: 'put a copy that backup wrote in the place of the store',
    load: async () => (await import('./restore.ts')).command,
  },
  config: {
    summary: 'explain the configuration',
    load: async () => (await import('./config.ts')).command,
  },
}
