export async function doctor(..._: unknown[]): Promise<number> { throw new Error('not yet') }
