/** Name of the database file in a data directory. */
export const databaseFile = 'letterlock.db'
