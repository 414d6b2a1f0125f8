export async function keygen(..._: unknown[]): Promise<number> { throw new Error('not yet') }
