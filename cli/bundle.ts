export async function bundle(..._: unknown[]): Promise<number> { throw new Error('not yet') }
