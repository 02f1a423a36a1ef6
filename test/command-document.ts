import { expect } from 'vitest'

/** A schema of the contract. */
interface Schema<Document> {
  parse(value: unknown): Document
}

/** JSON of a command as its schema describes it, and nothing beside: a member that is not described is a fault. */
export function exactly<Document>(schema: Schema<Document>, text: string): Document {
  const value: unknown = JSON.parse(text)
  const document = schema.parse(value)
  expect(document).toEqual(value)
  return document
}
