export * from './aggregate-report/report.ts'
export * from './failure-report/report.ts'
export * from './fault.ts'
export * from './tls-rpt/report.ts'
