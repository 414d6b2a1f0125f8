export async function merge(..._: unknown[]): Promise<number> {
  throw new Error('not yet')
}
