/** How a probe's path differs from the documented one. */
import type { PathForm } from './model.js'

const VERSION = /^\/v(\d+)(?=\/)/

/** A segment that no NVCF path holds. */
const UNKNOWN_SEGMENT = 'nvcf-conformance-unknown'

/** Whether the path has a version to vary; those of functions' own Hosts have none. */
export const isVersioned = (path: string): boolean => VERSION.test(path)

/** The number in the path's version prefix; to be asked of versioned paths alone. */
export function versionOf(path: string): number {
  const digits = VERSION.exec(path)?.[1]
  if (digits === undefined) throw new RangeError(`${path} has no version prefix`)
  return Number(digits)
}

/** The path template in the given form. */
export function inForm(path: string, form: PathForm): string {
  switch (form) {
    case 'documented':
    case 'absent':
    case 'other-owner':
    case 'other-issuer':
      return path
    case 'unversioned':
      return path.replace(VERSION, '')
    case 'unknown':
      return path.replace(VERSION, `/v$1/${UNKNOWN_SEGMENT}`)
    default:
      return path.replace(VERSION, `/${form}`)
  }
}
