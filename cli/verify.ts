export async function verify(..._: unknown[]): Promise<number> { throw new Error('not yet') }
