export * from './outcome/outcome.ts'
export * from './outcome/row-class.ts'
export * from './senders/sender.ts'
