/** Every check, in the order in which reports show them. */
import type { Check } from '../check.js'
import absenceNotDisclosed from './authorization/absence-not-disclosed.js'
import adminOnlyDenies from './authorization/admin-only-denies.js'
import adminTokenDenies from './authorization/admin-token-denies.js'
import adminTokenGrants from './authorization/admin-token-grants.js'
import claimedScopeDenies from './authorization/claimed-scope-denies.js'
import garbageBearerDenies from './authorization/garbage-bearer-denies.js'
import invalidTokenDenies from './authorization/invalid-token-denies.js'
import lookalikeScopeDenies from './authorization/lookalike-scope-denies.js'
import noCredentialDenies from './authorization/no-credential-denies.js'
import noWayAround from './authorization/no-way-around.js'
import otherServiceKeyDenies from './authorization/other-service-key-denies.js'
import repeatedScopeGrants from './authorization/repeated-scope-grants.js'
import resourceLimitDenies from './authorization/resource-limit-denies.js'
import resourceLimitFilters from './authorization/resource-limit-filters.js'
import resourceLimitGrants from './authorization/resource-limit-grants.js'
import resourcesDoNotMatter from './authorization/resources-do-not-matter.js'
import scopeDenies from './authorization/scope-denies.js'
import scopeGrants from './authorization/scope-grants.js'
import scopeSetsCompose from './authorization/scope-sets-compose.js'
import scopelessKeyDenies from './authorization/scopeless-key-denies.js'
import scopesDenyTogether from './authorization/scopes-deny-together.js'
import scopesGrantTogether from './authorization/scopes-grant-together.js'
import spoiltKeyDenies from './authorization/spoilt-key-denies.js'
import strangerLearnsNothing from './authorization/stranger-learns-nothing.js'
import superAdminDenies from './authorization/super-admin-denies.js'
import adminTokenIssued from './keys/admin-token-issued.js'
import authorizationsTakeEffect from './keys/authorizations-take-effect.js'
import expiryHonoured from './keys/expiry-honoured.js'
import expiryRequired from './keys/expiry-required.js'
import keyOperationsGuarded from './keys/key-operations-guarded.js'
import keyValueShownOnce from './keys/key-value-shown-once.js'
import keyValuesDiffer from './keys/key-values-differ.js'
import otherIssuerSeesNothing from './keys/other-issuer-sees-nothing.js'
import otherOwnerSeesNothing from './keys/other-owner-sees-nothing.js'
import revocationSparesOthers from './keys/revocation-spares-others.js'
import revocationTakesEffect from './keys/revocation-takes-effect.js'
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
  scopesDenyTogether,
  scopesGrantTogether,
  scopeSetsCompose,
  repeatedScopeGrants,
  lookalikeScopeDenies,
  resourceLimitGrants,
  resourceLimitDenies,
  resourceLimitFilters,
  resourcesDoNotMatter,
  noWayAround,
  otherServiceKeyDenies,
  claimedScopeDenies,
  invalidTokenDenies,
  spoiltKeyDenies,
  strangerLearnsNothing,
  absenceNotDisclosed,
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
  revocationTakesEffect,
  revocationSparesOthers,
  expiryHonoured,
  expiryRequired,
  authorizationsTakeEffect,
  otherOwnerSeesNothing,
  otherIssuerSeesNothing,
  keyOperationsGuarded,
]
