/** True where a text for people reads like a failure report without a machine-readable part (report-tolerance 122). */
export function looksLikeTextFailureReport(text: Uint8Array): boolean {
  const start = new TextDecoder('latin1').decode(text.subarray(0, 8_192))
  return /^\s*Sender Domain:\s*\S/im.test(start) && /^\s*Sender IP(?: Address)?:\s*\S/im.test(start)
}
