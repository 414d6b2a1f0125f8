/** Every check, in the order in which reports show them. */
import type { Check } from '../check.js'
import adminOnlyDenies from './authorization/admin-only-denies.js'
import adminTokenDenies from './authorization/admin-token-denies.js'
import adminTokenGrants from './authorization/admin-token-grants.js'
import garbageBearerDenies from './authorization/garbage-bearer-denies.js'
import noCredentialDenies from './authorization/no-credential-denies.js'
import scopeDenies from './authorization/scope-denies.js'
import scopeGrants from './authorization/scope-grants.js'
import scopelessKeyDenies from './authorization/scopeless-key-denies.js'
import superAdminDenies from './authorization/super-admin-denies.js'
import adminTokenIssued from './keys/admin-token-issued.js'
import keyValueShownOnce from './keys/key-value-shown-once.js'
import keyValuesDiffer from './keys/key-values-differ.js'
import scopedKeyIssued from './keys/scoped-key-issued.js'
import otherVersionAbsent from './paths/other-version-absent.js'
import unknownPathAbsent from './paths/unknown-path-absent.js'
import unversionedPathAbsent from './paths/unversioned-path-absent.js'
import versionedPathAnswers from './paths/versioned-path-answers.js'
import absentResourceNotFound from './responses/absent-resource-not-found.js'
import grantedChangeTakesEffect from './responses/granted-change-takes-effect.js'
import responseContentType from './responses/response-content-type.js'
import responseFormats from './responses/response-formats.js'
import responseHeaders from './responses/response-headers.js'
import responseSchema from './responses/response-schema.js'
import responseStatus from './responses/response-status.js'

export const CHECKS: readonly Check[] = [
  scopeGrants,
  scopeDenies,
  scopelessKeyDenies,
  noCredentialDenies,
  garbageBearerDenies,
  adminTokenGrants,
  adminTokenDenies,
  adminOnlyDenies,
  superAdminDenies,
  versionedPathAnswers,
  unversionedPathAbsent,
  otherVersionAbsent,
  unknownPathAbsent,
  responseStatus,
  responseContentType,
  responseHeaders,
  responseSchema,
  responseFormats,
  absentResourceNotFound,
  grantedChangeTakesEffect,
  adminTokenIssued,
  scopedKeyIssued,
  keyValueShownOnce,
  keyValuesDiffer,
]
