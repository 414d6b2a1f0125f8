/** The product sheet in a record and in a bundle: what a vendor says of the product under test. */
import { isRecord, text } from '../openapi/json.js'

/** What a sheet has to tell. */
export const PRODUCT_MEMBERS = ['name', 'version', 'vendor', 'contact', 'environment'] as const

export type Product = Readonly<Record<(typeof PRODUCT_MEMBERS)[number], string>>

/** What the sheet does not tell. */
export const missingIn = (sheet: unknown): string[] =>
  PRODUCT_MEMBERS.filter((member) => {
    const value = isRecord(sheet) ? text(sheet[member]) : undefined
    return value === undefined || value.trim() === ''
  })
