/** Levels of elements (AGG-030): a report has 5, with prefixes and extensions some more. */
export const xmlDepthLimit = 32

/** Characters of one tag with its attributes. Reports have a few namespace declarations; hostile files have 100,000. */
export const xmlTagLimit = 32_768

/** Characters of one element's text that are kept; what is longer is cut. The longest known are comments of 2 kB. */
export const xmlTextLimit = 32_768

/** Characters of a document type declaration. It is only skipped, but has to be seen whole to find its end. */
export const xmlDoctypeLimit = 32_768

/** Distinct spellings of tags that are remembered: a report has about 60. More are read, but looked up each time. */
export const xmlTagsKept = 1_024
/** Characters of a name that is remembered: the longest of a report has 20, a hostile one 32,000. */
export const xmlKeptTagLength = 64
