/** The product sheet as a file. */
import { PRODUCT_MEMBERS, type Product, type ProductMember } from '../certification/product.js'
import { isRecord } from '../openapi/json.js'
import { readYaml } from '../openapi/yaml.js'
import { SettingsError } from './settings-error.js'

const MEMBERS = Object.keys(PRODUCT_MEMBERS)
const ALL = MEMBERS.join(', ')

/** Characters that break a line or move a cursor: none stands in a name. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029]/u

/** Why the text cannot stand in a sheet; undefined where it can. */
export const productTextFlaw = (value: string): string | undefined =>
  value.trim() === '' || UNPRINTABLE.test(value) ? 'must be one line of text, and not empty' : undefined

/** Reads a product sheet. Throws SettingsError and UnreadableFile. */
export async function readProduct(file: string): Promise<Product> {
  const sheet = await readYaml(file)
  if (!isRecord(sheet)) throw new SettingsError(`${file} must hold a mapping with ${ALL}.`)
  for (const member of Object.keys(sheet)) {
    if (!MEMBERS.includes(member))
      throw new SettingsError(`${file}: a product sheet has no '${member}'. It has ${ALL}.`)
  }
  const textOf = (member: ProductMember): string => {
    const value = sheet[member]
    if (value === undefined || value === null)
      throw new SettingsError(`${file} lacks '${member}'. A product sheet has ${ALL}.`)
    const flaw = typeof value === 'string' ? productTextFlaw(value) : 'must be text: put it in quotes'
    if (flaw !== undefined) throw new SettingsError(`${file}: '${member}' ${flaw}.`)
    return String(value)
  }
  const [name, version, vendor] = [textOf('name'), textOf('version'), textOf('vendor')]
  return { name, version, vendor, contact: textOf('contact'), environment: textOf('environment') }
}
