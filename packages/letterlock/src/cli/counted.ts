/** A number with its noun: `1 row`, `1,200 rows`. */
export function counted(value: number, one: string, many = `${one}s`): string {
  return `${value.toLocaleString('en-US')} ${value === 1 ? one : many}`
}
