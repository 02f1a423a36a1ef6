import { createHash } from 'node:crypto'

/** One step from a schema to the next. Steps are only ever added: a store in use has applied the earlier ones. */
interface Migration {
  readonly id: number
  readonly name: string
  /** In PostgreSQL's words; `ID`, `BYTEA` and `WITHOUT ROWID` are put into each database's own. */
  readonly statements: readonly string[]
}

const setTable = (name: string) => [
  `CREATE TABLE ${name} (ID, tenant int8 NOT NULL, digest BYTEA NOT NULL, members text NOT NULL KEY)`,
  `CREATE UNIQUE INDEX ${name}_digest ON ${name} (tenant, digest)`,
]

const migrations: readonly Migration[] = [
  {
    id: 1,
    name: 'tables of reports',
    statements: [
      `CREATE TABLE delivery (ID, tenant int8 NOT NULL, hash BYTEA NOT NULL, channel text NOT NULL, name text NOT NULL,
        received_at int8 NOT NULL, stored_at int8 NOT NULL, size int8 NOT NULL, headers text, envelope_from text,
        authentication text NOT NULL, authenticated_by text, bytes_of int8, has_bytes int2 NOT NULL KEY)`,
      'CREATE INDEX delivery_hash ON delivery (tenant, hash)',
      `CREATE TABLE delivery_piece (tenant int8 NOT NULL, delivery int8 NOT NULL, seq int8 NOT NULL, size int8 NOT NULL,
        bytes BYTEA NOT NULL, PRIMARY KEY (tenant, delivery, seq))`,
      `CREATE TABLE report (ID, tenant int8 NOT NULL, kind text NOT NULL, hash BYTEA NOT NULL, size int8 NOT NULL,
        identity BYTEA NOT NULL, domain int8 NOT NULL, reporter int8 NOT NULL, report_id text NOT NULL,
        begin_at int8 NOT NULL, end_at int8 NOT NULL, day int8 NOT NULL, received_at int8 NOT NULL, form text NOT NULL,
        records int8 NOT NULL, messages int8 NOT NULL, failed int8 NOT NULL, is_partial int2 NOT NULL,
        is_overlapping int2 NOT NULL, deviations text NOT NULL, deviation_counts text NOT NULL,
        authentication text NOT NULL, policy_p text, policy_sp text, policy_np text, policy_testing int2, policy text,
        metadata text NOT NULL KEY)`,
      'CREATE UNIQUE INDEX report_hash ON report (tenant, hash)',
      'CREATE INDEX report_identity ON report (tenant, identity)',
      'CREATE INDEX report_domain_day ON report (tenant, domain, day, reporter)',
      'CREATE INDEX report_day ON report (tenant, day)',
      `CREATE TABLE delivery_report (tenant int8 NOT NULL, report int8 NOT NULL, delivery int8 NOT NULL,
        path text NOT NULL, PRIMARY KEY (tenant, report, delivery)) WITHOUT ROWID`,
      'CREATE INDEX delivery_report_delivery ON delivery_report (tenant, delivery)',
      `CREATE TABLE tombstone (tenant int8 NOT NULL, hash BYTEA NOT NULL, removed_at int8 NOT NULL,
        PRIMARY KEY (tenant, hash)) WITHOUT ROWID`,
    ],
  },
  {
    id: 2,
    name: 'dictionaries',
    statements: [
      `CREATE TABLE domain (ID, tenant int8 NOT NULL, name text NOT NULL, is_tracked int2 NOT NULL, type text NOT NULL,
        tags text NOT NULL, added_at int8 NOT NULL KEY)`,
      'CREATE UNIQUE INDEX domain_name ON domain (tenant, name)',
      'CREATE TABLE reporter (ID, tenant int8 NOT NULL, key text NOT NULL, name text NOT NULL KEY)',
      'CREATE UNIQUE INDEX reporter_key ON reporter (tenant, key)',
      'CREATE TABLE name (ID, tenant int8 NOT NULL, name text NOT NULL KEY)',
      'CREATE UNIQUE INDEX name_name ON name (tenant, name)',
      `CREATE TABLE source (ID, tenant int8 NOT NULL, ip text NOT NULL, confirmed_ptr text, ptr_looked_up_at int8,
        asn int8, as_name text, country text, asn_looked_up_at int8 KEY)`,
      'CREATE UNIQUE INDEX source_ip ON source (tenant, ip)',
      'CREATE INDEX source_ptr_looked_up ON source (tenant, ptr_looked_up_at)',
      `CREATE TABLE sender (ID, tenant int8 NOT NULL, key text NOT NULL, basis text NOT NULL, basis_value text KEY)`,
      'CREATE UNIQUE INDEX sender_key ON sender (tenant, key)',
      ...setTable('dkim_set'),
      ...setTable('spf_set'),
      ...setTable('reason_set'),
      'CREATE TABLE catalogue (ID, tenant int8 NOT NULL, version text NOT NULL KEY)',
      'CREATE UNIQUE INDEX catalogue_version ON catalogue (tenant, version)',
    ],
  },
  {
    id: 3,
    name: 'rows and roll-ups',
    statements: [
      `CREATE TABLE aggregate_row (tenant int8 NOT NULL, domain int8 NOT NULL, day int8 NOT NULL, report int8 NOT NULL,
        seq int8 NOT NULL, reporter int8 NOT NULL, source int8 NOT NULL, messages int8 NOT NULL,
        disposition int2 NOT NULL, dkim int2 NOT NULL, spf int2 NOT NULL, header_from int8 NOT NULL,
        envelope_from int8 NOT NULL, envelope_to int8 NOT NULL, reason_set int8 NOT NULL, dkim_set int8 NOT NULL,
        spf_set int8 NOT NULL, flags int2 NOT NULL, sender int8 NOT NULL, catalogue int8 NOT NULL,
        is_proven int2 NOT NULL, alignment int2 NOT NULL, authentication int2 NOT NULL,
        rollup_disposition int2 NOT NULL, PRIMARY KEY (tenant, domain, day, report, seq)) WITHOUT ROWID`,
      'CREATE INDEX aggregate_row_unproven ON aggregate_row (tenant, source) WHERE is_proven = 0',
      `CREATE TABLE aggregate_rollup (tenant int8 NOT NULL, domain int8 NOT NULL, day int8 NOT NULL,
        reporter int8 NOT NULL, sender int8 NOT NULL, header_from int8 NOT NULL, disposition int2 NOT NULL,
        alignment int2 NOT NULL, authentication int2 NOT NULL, messages int8 NOT NULL, records int8 NOT NULL,
        PRIMARY KEY (tenant, domain, day, reporter, sender, header_from, disposition, alignment, authentication))
        WITHOUT ROWID`,
      `CREATE TABLE tls_policy (tenant int8 NOT NULL, domain int8 NOT NULL, day int8 NOT NULL, report int8 NOT NULL,
        seq int8 NOT NULL, reporter int8 NOT NULL, policy_type text NOT NULL, policy_string text NOT NULL,
        mx_hosts text NOT NULL, successful int8, failed int8, detailed int8 NOT NULL,
        PRIMARY KEY (tenant, domain, day, report, seq)) WITHOUT ROWID`,
      `CREATE TABLE tls_failure (tenant int8 NOT NULL, domain int8 NOT NULL, day int8 NOT NULL, report int8 NOT NULL,
        policy int8 NOT NULL, seq int8 NOT NULL, reporter int8 NOT NULL, result_type text NOT NULL,
        sending_ip int8 NOT NULL, receiving_ip int8 NOT NULL, receiving_mx int8 NOT NULL, receiving_helo int8 NOT NULL,
        sessions int8 NOT NULL, additional_information text, reason_code text,
        PRIMARY KEY (tenant, domain, day, report, policy, seq)) WITHOUT ROWID`,
      `CREATE TABLE failure_report (tenant int8 NOT NULL, report int8 NOT NULL, domain int8 NOT NULL, day int8 NOT NULL,
        reporter int8 NOT NULL, feedback_type text NOT NULL, auth_failure text, arrived_at int8, source int8 NOT NULL,
        header_from int8 NOT NULL, envelope_from int8 NOT NULL, reporting_mta text, delivery_result text,
        incidents int8 NOT NULL, evidence text NOT NULL, addresses text, message text, PRIMARY KEY (tenant, report))`,
      'CREATE INDEX failure_report_domain_day ON failure_report (tenant, domain, day)',
    ],
  },
  {
    id: 4,
    name: 'what a person decides and configures',
    statements: [
      `CREATE TABLE quarantine (ID, tenant int8 NOT NULL, delivery int8 NOT NULL, path text NOT NULL, code text NOT NULL,
        reason text NOT NULL, quarantined_at int8 NOT NULL KEY)`,
      'CREATE INDEX quarantine_delivery ON quarantine (tenant, delivery)',
      `CREATE TABLE decision (tenant int8 NOT NULL, domain int8 NOT NULL, sender int8 NOT NULL, decision text NOT NULL,
        decided_at int8 NOT NULL, PRIMARY KEY (tenant, domain, sender)) WITHOUT ROWID`,
      `CREATE TABLE decision_history (ID, tenant int8 NOT NULL, domain int8 NOT NULL, sender int8 NOT NULL,
        decision text NOT NULL, decided_at int8 NOT NULL, note text KEY)`,
      'CREATE INDEX decision_history_sender ON decision_history (tenant, domain, sender)',
      `CREATE TABLE source_config (ID, tenant int8 NOT NULL, kind text NOT NULL, name text NOT NULL,
        config text NOT NULL, state text NOT NULL, is_enabled int2 NOT NULL, created_at int8 NOT NULL,
        last_run_at int8, last_error text KEY)`,
      `CREATE TABLE setting (tenant int8 NOT NULL, key text NOT NULL, value text NOT NULL, PRIMARY KEY (tenant, key))
        WITHOUT ROWID`,
      `CREATE TABLE sender_name (tenant int8 NOT NULL, domain text NOT NULL, name text NOT NULL, type text,
        PRIMARY KEY (tenant, domain)) WITHOUT ROWID`,
    ],
  },
]

const migrationTable = `CREATE TABLE IF NOT EXISTS migration (id int8 PRIMARY KEY, name text NOT NULL,
  checksum text NOT NULL, applied_at int8 NOT NULL)`

/** The words of a statement in one database. */
function inDialect(statement: string, dialect: 'sqlite' | 'postgres'): string {
  if (dialect === 'postgres')
    return statement
      .replace(/\(ID,/, '(id int8 GENERATED BY DEFAULT AS IDENTITY,')
      .replace(/ KEY\)$/, ', PRIMARY KEY (tenant, id))')
      .replace(/\s+WITHOUT ROWID/, '')
  // AUTOINCREMENT: an id in a link or a cache never comes to mean something else after a deletion.
  return statement
    .replace(/\(ID,/, '(id INTEGER PRIMARY KEY AUTOINCREMENT,')
    .replace(/ KEY\)$/, ')')
    .replaceAll('BYTEA', 'BLOB')
}

/** What a migration needs of a connection. */
export interface MigrationConnection {
  readonly dialect: 'sqlite' | 'postgres'
  execute(sql: string): unknown
  all(sql: string): Promise<readonly AppliedMigration[]> | readonly AppliedMigration[]
  record(migration: AppliedMigration): unknown
}

export interface AppliedMigration {
  readonly id: number
  readonly name: string
  readonly checksum: string
}

/** The store was written by another program version; the text says what to do. */
export class SchemaMismatch extends Error {}

/**
 * Brings the schema up to this program's, inside the caller's transaction. A store that a newer program wrote, or
 * whose steps differ from ours, is left alone: throws SchemaMismatch.
 */
export async function migrate(connection: MigrationConnection): Promise<void> {
  await connection.execute(migrationTable)
  const applied = await connection.all('SELECT id, name, checksum FROM migration ORDER BY id')
  checkMigrations(applied)
  const done = applied.at(-1)?.id ?? 0
  for (const migration of migrations.filter(one => one.id > done)) {
    for (const statement of migration.statements) await connection.execute(inDialect(statement, connection.dialect))
    await connection.record({ id: migration.id, name: migration.name, checksum: checksum(migration) })
  }
}

/** Throws SchemaMismatch unless these are steps of this program. */
export function checkMigrations(applied: readonly AppliedMigration[]): void {
  const last = migrations.at(-1)?.id ?? 0
  for (const row of applied) {
    const known = migrations.find(migration => migration.id === row.id)
    if (known === undefined)
      throw new SchemaMismatch(
        `The store has schema ${row.id}, this program knows up to ${last}. Run the newer version that wrote it, or restore a backup.`,
      )
    if (checksum(known) !== row.checksum)
      throw new SchemaMismatch(`Step ${row.id} (${row.name}) of the store's schema is not the one this program has.`)
  }
}

function checksum(migration: Migration): string {
  // Layout of the source text is no difference in the schema.
  const text = migration.statements.map(statement => statement.replace(/\s+/g, ' ')).join(';')
  return createHash('sha256').update(text).digest('hex')
}
