import * as contract from '../../packages/contract/src/index.ts'

interface Route {
  readonly method: string
  readonly path: string
  readonly summary: string
}

/** docs/api.md: what holds for all requests, and every route of the contract. */
export async function apiReference(): Promise<string> {
  const exported: readonly unknown[] = Object.values(contract)
  const routes = exported.filter(isRoute).sort(byPlace)
  const problems = Object.entries(contract.problemTypes)
  const lines = [
    '# HTTP API',
    '',
    'The list of routes is made from the contract by `npm run docs`; a test fails when it is out of date. A running instance describes every parameter and answer at `/api/openapi.json` (OpenAPI 3.1).',
    '',
    '```',
    "curl -s 'http://127.0.0.1:8480/api/v1/senders?domain=example.org&from=2026-10-01&to=2026-10-31'",
    '```',
    '',
    '## Scope',
    '',
    'Everything that counts takes the same four parameters, and says in its answer which values it used:',
    '',
    '| parameter | meaning |',
    '| --- | --- |',
    '| `domain` | policy domain; may stand several times; all where absent |',
    '| `from`, `to` | UTC days, `YYYY-MM-DD`, both included; the last 30 days that end with the newest report day where absent |',
    '| `reporter` | key of a reporter, from `/scope`; may stand several times |',
    '',
    'Such an answer is `{ scope, coverage, claim, data }`: what was asked for, how much of the truth the reports can show, how the numbers are known, and the numbers.',
    '',
    'The filters of `/rows` lead from any number to the rows that make it: its `total` is that number.',
    '',
    '## Tables',
    '',
    `A page holds ${contract.pageSizes.default} entries where \`limit\` says nothing, ${contract.pageSizes.most} at most; \`nextCursor\` of the answer is \`cursor\` of the next request. \`format=csv\` and \`format=ndjson\` give the whole table. Cells that a spreadsheet would run as a formula are defused in CSV.`,
    '',
    '## Writing',
    '',
    'Until there is sign-in the server listens on loopback only. A write needs a JSON or `application/octet-stream` body, and `Sec-Fetch-Site` or `Origin` that names the same origin. One file is imported by one request with the file as its body:',
    '',
    '```',
    "curl -s -X POST -H 'Sec-Fetch-Site: same-origin' -H 'Content-Type: application/octet-stream' --data-binary @report.xml.gz \\",
    "  'http://127.0.0.1:8480/api/v1/imports?name=report.xml.gz'",
    '```',
    '',
    '## Routes',
    '',
    'All under `/api/v1`.',
    '',
    '| route | does |',
    '| --- | --- |',
    ...routes.map(
      route => `| \`${route.method.toUpperCase()} ${route.path}\` | ${route.summary.replaceAll('|', '\\|')} |`,
    ),
    '',
    'Beside them: `/healthz` (the process runs), `/readyz` (the store answers), `/api/openapi.json`.',
    '',
    '## Refusals',
    '',
    `As \`application/problem+json\` (RFC 9457). \`type\` is \`${contract.problemPrefix}\` and one of these names, which do not change:`,
    '',
    '| name | meaning |',
    '| --- | --- |',
    ...problems.map(([name, text]) => `| \`${name}\` | ${text} |`),
    '',
  ]
  return lines.join('\n')
}

const methods = ['get', 'post', 'put', 'patch', 'delete']

function byPlace(left: Route, right: Route): number {
  if (left.path !== right.path) return left.path < right.path ? -1 : 1
  return methods.indexOf(left.method) - methods.indexOf(right.method)
}

function isRoute(value: unknown): value is Route {
  return typeof value === 'object' && value !== null && 'method' in value && 'path' in value && 'summary' in value
}
