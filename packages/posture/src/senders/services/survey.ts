import { defineServices, type Service } from '../service.ts'
import { mailCheckRules, publishedZones, reverseNameMap } from './sources.ts'

/** Surveys and forms. */
export const surveyServices: readonly Service[] = defineServices('survey', '2026-11-24', [
  {
    id: 'alchemer',
    name: 'Alchemer',
    spfIncludes: ['_spf.alchemer.eu'],
    dkimDomains: ['alchemer.com', 'alchemer.eu'],
    envelopeDomains: ['alchemer.com', 'alchemer.eu'],
    sources: [publishedZones],
  },
  {
    id: 'formassembly',
    name: 'FormAssembly',
    dkimDomains: ['formassembly.com'],
    envelopeDomains: ['formassembly.com'],
    ptrDomains: ['formassembly.com'],
    sources: [reverseNameMap],
  },
  {
    id: 'intellisurvey',
    name: 'IntelliSurvey',
    dkimDomains: ['intellisurvey.com'],
    envelopeDomains: ['intellisurvey.com'],
    ptrDomains: ['intellisurvey.com'],
    sources: [reverseNameMap],
  },
  {
    id: 'medallia',
    name: 'Medallia',
    dkimDomains: ['medallia.com'],
    envelopeDomains: ['medallia.com'],
    ptrDomains: ['medallia.com'],
    sources: [reverseNameMap],
  },
  {
    id: 'metrics-that-matter',
    name: 'Metrics That Matter',
    dkimDomains: ['metricsthatmatter.com'],
    envelopeDomains: ['metricsthatmatter.com'],
    ptrDomains: ['metricsthatmatter.com'],
    sources: [reverseNameMap],
  },
  {
    id: 'qualtrics',
    name: 'Qualtrics',
    spfIncludes: ['_spf.qualtrics.com', '_spf.qemailserver.com'],
    dkimDomains: ['qemailserver.com', 'qualtrics.com', 'qualtrics-survey.com', 'qualtrics-research.com'],
    ownSelectors: ['qualtrics'],
    envelopeDomains: ['qemailserver.com', 'qualtrics.com', 'qualtrics-survey.com', 'qualtrics-research.com'],
    ptrDomains: ['qualtrics.com', 'qemailserver.com'],
    alignedDkim: 'yes',
    setUp:
      'On the Admin page under Organization settings, Email, add a custom From domain with a selector and publish the DKIM TXT and MX records that are shown.',
    sources: [
      reverseNameMap,
      mailCheckRules,
      publishedZones,
      'https://www.qualtrics.com/support/survey-platform/distributions-module/email-distribution/using-a-custom-from-address/',
    ],
  },
  {
    id: 'surveymonkey',
    name: 'SurveyMonkey',
    dkimDomains: ['surveymonkeyuser.com', 'surveymonkey.com'],
    envelopeDomains: ['surveymonkeyuser.com', 'surveymonkey.com'],
    setUp: 'Invitations are sent from surveymonkeyuser.com unless a sender domain is verified in the team settings.',
    sources: [publishedZones],
  },
  {
    id: 'typeform',
    name: 'Typeform',
    dkimDomains: ['typeform.com'],
    envelopeDomains: ['typeform.com'],
    ptrDomains: ['typeform.com'],
    sources: [reverseNameMap],
  },
])
