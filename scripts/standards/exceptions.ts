const blockLists = 'DNS block lists are not asked'
const spfReports = 'reports of SPF failures that a record asks for are not sent'
const dkimReports = 'reports of DKIM failures that a signature asks for are not sent'
const owners = 'it is for the owner of a domain to do; plans and rollout are not part of the program yet'

/** Entries of level MUST that no test proves, each with the part that is not built. */
export const exceptions: Readonly<Record<string, string>> = {
  'DNS-030': blockLists,
  'DNS-031': blockLists,
  'DNS-035': blockLists,
  'SPF-110': spfReports,
  'SPF-111': spfReports,
  'SPF-112': spfReports,
  'SPF-114': spfReports,
  'DKIM-100': dkimReports,
  'DKIM-101': dkimReports,
  'DKIM-103': dkimReports,
  'DKIM-105': dkimReports,
  'DMARC-070': owners,
  'DMARC-071': owners,
  'DMARC-072': owners,
  'DMARC-073': owners,
  'DMARC-074': owners,
  'DMARC-090': 'records are read, and not yet written',
}
