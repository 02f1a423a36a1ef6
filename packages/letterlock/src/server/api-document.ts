/** What the OpenAPI document says of the API as a whole. */
export function openApiInfo(version: string) {
  return {
    openapi: '3.1.0',
    info: {
      title: 'Letterlock',
      version,
      description:
        'What reports say of mail domains. Aggregate answers carry their scope, what reports cover of it, and how the numbers are known. Numbers lead to rows: the total of /rows with the same scope and filters is the number itself. Refusals follow RFC 9457. Writes need Origin or Sec-Fetch-Site of the same origin.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/api/v1', description: 'This instance' }],
    tags: [],
  }
}
