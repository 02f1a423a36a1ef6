/** Records of one report (AGG-030): the largest real one has 3,555, a large provider's day fits many times. */
export const recordsLimit = 2_000_000

/** Records that are given together: large enough to cost nothing each, small enough to stay in a cache. */
export const recordsPerRun = 4_096

/** Messages of a record and of a report (AGG-029): sums of larger counts overflow in databases. */
export const messagesLimit: number = 2 ** 40

/** DKIM results, SPF results or reasons of a record, errors or contacts of a report. RFC 9990 s3.1.3 says 100. */
export const listLimit = 100

/** Characters of a comment, a name of an organisation, an id: enough to read, too little to fill a store. */
export const textLimit = 2_000

/** Deviations that are kept with their place; all are counted. */
export const deviationsLimit = 200

/** IPv4 addresses that are remembered to find equal ones: a report of 500,000 records can have a source for every second. */
export const addressesRemembered = 262_144

/** Names and IPv6 addresses, which take more memory: a report of nothing but distinct ones must stay below 250 MB. */
export const valuesRemembered = 32_768

/** The same for sets of results and reasons, which are longer. */
export const setsRemembered = 16_384

/** Weight of all of them together (`SharedValues`), some bytes: few values can be long ones. */
export const valuesWeightLimit = 4_194_304

/** Weight that one run may add: it crosses threads as a whole, some runs at a time. */
export const runWeightLimit = 262_144

/**
 * Records, and weight of their values, that wait for a head that stands after them (report-tolerance 24): all of them
 * are in memory. Reports of that kind are small.
 */
export const recordsBeforeHeadLimit = 250_000
export const weightBeforeHeadLimit = 16_777_216

/** What a value weighs beside its characters: an object with its members. */
export const valueWeight = 64

/** Parts of records that are remembered as written: they repeat far more than they differ. A power of two. */
export const blocksRemembered = 16_384
/** Bytes of them, for each kind. */
export const blocksBytesLimit = 4_194_304
/** The longest of them: a record with 15 DKIM results. */
export const blockCharactersLimit = 2_048
/** Places where one of them is looked for; crafted reports can make more of them fall on one place. */
export const blockProbesLimit = 8

/** Octets of what is written alike in all records: tags and white space are some 500. */
export const shapeCharactersLimit = 4_096
/** Shapes of a document that read less than `shapeWorthRecords` records, after which no more are learned. */
export const shapeLessonsLimit = 64
/** Records that a shape has to read to be worth its making. */
export const shapeWorthRecords = 8
/** Elements with text of a part whose shape is learned: a record with 10 DKIM results has 43. */
export const contentLeavesLimit = 64
/** Shapes of each kind of part that are tried: with or without envelope_from, with one or two signatures. */
export const contentShapesKept = 4
