export async function init(..._: unknown[]): Promise<number> { throw new Error('not yet') }
