import type { RecordType, ResourceRecord } from '../dns/record.ts'
import type { Outcome } from '../dns/resolver.ts'
import type { Mechanism, Qualifier } from './record.ts'

/** One question of a term and what came of it. */
export interface SpfTreeQuestion {
  readonly name: string
  readonly type: RecordType
  /** Data of the answer; empty where nothing is there. */
  readonly found: readonly ResourceRecord[]
  readonly outcome: Outcome['kind']
}

/** One term of a record, whether or not an address matches it. */
export interface SpfTreeTerm {
  /** As written. */
  readonly text: string
  /** Octet offset in the record. */
  readonly at: number
  readonly kind: Mechanism['kind'] | 'redirect' | 'exp' | 'unknown'
  /** Null for a modifier. */
  readonly qualifier: Qualifier | null
  /** Terms that it counts as towards the limit of ten (SPF-070, SPF-077). */
  readonly lookups: number
  /** The same with everything below it. */
  readonly lookupsBelow: number
  /** Name that it asks for; null where it asks for none, or where the name depends on the message. */
  readonly target: string | null
  /** Its name holds macros, so that it is another one for each message. */
  readonly dependsOnMessage: boolean
  readonly questions: readonly SpfTreeQuestion[]
  /** Look-ups of its own that find nothing (SPF-075); a name with addresses of either family is none. */
  readonly voidLookups: number
  /** Stands behind `all`, or is a redirect beside it: never looked at (SPF-052). */
  readonly isIgnored: boolean
  readonly child: SpfTreeNode | null
}

export interface SpfTreeNode {
  readonly domain: string
  readonly status:
    | 'record'
    | 'none'
    | 'several'
    | 'syntax'
    | 'undetermined'
    /** The name is being read already, further up. */
    | 'loop'
    /** More records than are read. */
    | 'limit'
  /** Text of the record, one character per octet; null where there is not exactly one. */
  readonly record: string | null
  /** Octet offset in the record where it breaks the grammar; null where it does not. */
  readonly faultAt: number | null
  readonly terms: readonly SpfTreeTerm[]
  /** Terms counted here and below, when no address matches. */
  readonly lookups: number
  readonly voidLookups: number
}

export type SpfTreeCode =
  | 'spf-none'
  | 'spf-several'
  | 'spf-syntax'
  | 'spf-undetermined'
  | 'spf-loop'
  | 'spf-terms-limit'
  | 'spf-void-limit'
  | 'spf-mx-limit'
  | 'spf-target-none'
  | 'spf-target-name'
  | 'spf-tree-limit'
  | 'spf-plus-all'
  | 'spf-no-end'
  | 'spf-ptr'
  | 'spf-ignored'
  | 'spf-void'

/** Something to be told about the tree. */
export interface SpfTreeProblem {
  readonly code: SpfTreeCode
  /** `error`: receivers cannot use the record. `unknown`: it could not be determined. */
  readonly level: 'error' | 'warning' | 'unknown'
  readonly domain: string
  /** Octet offset in the record of `domain`; null where it is about no place. */
  readonly at: number | null
  readonly text: string
}

export interface SpfTree {
  readonly root: SpfTreeNode
  /** In the order of the records. */
  readonly problems: readonly SpfTreeProblem[]
}
