/** Entries that a receiver or a domain must keep and that no test proves yet, each with the reason. */
export const exceptions: Readonly<Record<string, string>> = {}
