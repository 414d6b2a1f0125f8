/** Names as code writes them and as the wire does: `ownerId`, `owner_id`. Pure. */

const snake = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replaceAll(/([A-Z])([A-Z][a-z])/g, '$1_$2')
    .toLowerCase()

/** Whether the first is the second, written in snake case. */
export const isSnakeOf = (wire: string, code: string): boolean =>
  wire !== code && wire.includes('_') && snake(code) === wire
