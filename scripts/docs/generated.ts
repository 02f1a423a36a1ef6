import { cliReference } from './cli-reference.ts'

/** Documents that are made from the program, by path. */
export const generatedDocuments: Readonly<Record<string, () => Promise<string>>> = {
  'docs/cli.md': cliReference,
}
