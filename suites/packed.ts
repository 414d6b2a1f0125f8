/**
 * JSON in which everything equal is written once, and is one object again when it is read: thousands of
 * cells and exchanges differ in little, and a copy between threads would make each text its own.
 */
import { deflateRawSync, inflateRawSync } from 'node:zlib'

/** A value as bytes. */
export interface Packed<Value> {
  readonly bytes: Uint8Array
  /** Never set: it keeps apart what was packed from what else is. */
  readonly of?: Value
}

/** In the place of an object's member names. */
const LIST = -1

export function pack<Value>(value: Value): Packed<Value> {
  const names: string[] = []
  const values: string[] = []
  const shapes = new Map<string, number>()
  /** The same text or the very same object; what is merely equal is found by its row. */
  const same = new Map<unknown, number>()
  const rows = new Map<string, number>()
  const shapeOf = (members: readonly (readonly [string, unknown])[]): number => {
    const text = JSON.stringify(members.map(([name]) => name))
    const shape = shapes.get(text) ?? names.push(text) - 1
    shapes.set(text, shape)
    return shape
  }
  const numberOf = (part: unknown): number => {
    const known = same.get(part)
    if (known !== undefined) return known
    const number =
      typeof part === 'object' && part !== null ? rowOf(part) : values.push(JSON.stringify(part)) - 1
    same.set(part, number)
    return number
  }
  const rowOf = (part: object): number => {
    const members = Object.entries(part).filter(([, member]) => member !== undefined)
    let row = `[${Array.isArray(part) ? LIST : shapeOf(members)}`
    for (const [, member] of members) row += `,${numberOf(member)}`
    const number = rows.get(row) ?? values.push(`${row}]`) - 1
    rows.set(row, number)
    return number
  }
  numberOf(value)
  const text = `{"names":[${names.join()}],"values":[${values.join()}]}`
  // A copy: what zlib answers is cut from something larger.
  return { bytes: new Uint8Array(deflateRawSync(text, { level: 1 })) }
}

/** The value that was packed; what was equal in it is now the same. */
export function unpack<Value>(packed: Packed<Value>): Value {
  const { names, values } = JSON.parse(inflateRawSync(packed.bytes).toString('utf8'))
  // Parts stand before what they are parts of, and the whole is last.
  for (const [number, row] of values.entries()) {
    if (!Array.isArray(row)) continue
    const [shape, ...members] = row
    const parts = members.map((member) => values[member])
    values[number] =
      shape === LIST
        ? parts
        : Object.fromEntries(names[shape].map((name: string, index: number) => [name, parts[index]]))
  }
  return values.at(-1)
}
