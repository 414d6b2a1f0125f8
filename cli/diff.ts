export async function printDiff(..._: unknown[]): Promise<number> {
  throw new Error('not yet')
}
