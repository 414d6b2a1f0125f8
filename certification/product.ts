/** The product sheet: what a vendor says of the product that a record is about. */
import { isRecord, text } from '../openapi/json.js'

/** Its members, each a text, and what they tell. */
export const PRODUCT_MEMBERS = {
  name: 'Name of the product',
  version: 'Version of the product',
  vendor: 'Who makes the product',
  contact: 'Where questions about the product go',
  environment: 'What the product runs on',
} as const

export type ProductMember = keyof typeof PRODUCT_MEMBERS

export type Product = Readonly<Record<ProductMember, string>>

/** The sheet as bundles hold it. */
export const productText = (sheet: unknown): string => `${JSON.stringify(sheet, null, 2)}\n`

/** What the sheet tells that neither a sheet nor the record's own has a place for. */
export const surplusIn = (sheet: unknown, own: Readonly<Record<string, string>> = {}): string[] =>
  Object.keys(isRecord(sheet) ? sheet : {}).filter(
    (member) => !Object.hasOwn(PRODUCT_MEMBERS, member) && !Object.hasOwn(own, member),
  )

/** What the sheet does not tell. */
export const missingIn = (sheet: unknown): string[] =>
  Object.keys(PRODUCT_MEMBERS).filter((member) => {
    const value = isRecord(sheet) ? text(sheet[member]) : undefined
    return value === undefined || value.trim() === ''
  })
