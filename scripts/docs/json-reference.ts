import { commandDocumentSchemas } from '../../packages/contract/src/command-documents.ts'

/** docs/json.md: the JSON documents of commands as JSON Schema. */
export async function jsonReference(): Promise<string> {
  const sections = Object.entries(commandDocumentSchemas()).flatMap(([name, schema]) => [
    `## ${name}`,
    '',
    '```json',
    JSON.stringify(schema, null, 1),
    '```',
    '',
  ])
  return [
    '# JSON of the commands',
    '',
    'What `verify`, `spf explain` and `dkim` write with `--json`, as JSON Schema (2020-12). Made from the program by `npm run docs`; a test fails when it is out of date, and the documents of the program are held against it.',
    '',
    'The member `schema` names the document. Within a version members are added, never changed: take no notice of one that you do not know.',
    '',
    ...sections,
  ].join('\n')
}
