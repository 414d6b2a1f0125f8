/** The rules that checks cite: where the documentation says so, and what it says, in our words. */
export interface Clause {
  readonly id: string
  readonly source: string
  readonly text: string
}

const clause = (id: string, source: string, text: string): Clause => ({ id, source, text })

export const CLAUSES = {
  keyScopes: clause(
    'api-key-scopes',
    'NVCF API, API Key Scopes',
    'A scoped API key may perform exactly the operations that its scopes open, as the OpenAPI documents list them.',
  ),
  adminToken: clause(
    'admin-token',
    'NVCF API, Admin Token',
    'The admin token opens what its scopes open; where the release gives it full access, every NVCF endpoint.',
  ),
  adminScopes: clause(
    'admin-token-scopes',
    'NVCF CLI, Admin Token, default scopes',
    'The admin token holds a list of scopes; what none of them opens, it may not do.',
  ),
  adminOnly: clause(
    'admin-token-only',
    'NVCF API, API Key Scopes, cluster management',
    'Clusters are managed with the admin token alone; no API key is accepted.',
  ),
  superAdmin: clause(
    'super-admin-scopes',
    'NVCF OpenAPI documents, operations whose scopes begin with admin:',
    'Scopes that begin with admin: are held by tokens of the service’s own administrators; no API key may hold them.',
  ),
  bearer: clause(
    'api-key-usage',
    'NVCF API, API Key Usage',
    'Both kinds of credential travel as a bearer token in the Authorization header; a scoped operation answers nobody without one.',
  ),
  versioning: clause(
    'api-versioning',
    'NVCF API, API Versioning',
    'Every endpoint carries its version in the path prefix; no other path is served.',
  ),
  responses: clause(
    'openapi-responses',
    'NVCF OpenAPI documents, responses',
    'An operation answers with a documented status, media type, headers and body.',
  ),
  errors: clause(
    'problem-details',
    'RFC 9457 and the NVCF OpenAPI documents, error responses',
    'A resource that does not exist is a 404, described by a problem document.',
  ),
  adminKeys: clause(
    'generate-admin-token',
    'NVCF API, Admin Token',
    'POST /v1/admin/keys issues an admin token: a signed JWT in the member `value`.',
  ),
  keyIssue: clause(
    'generate-scoped-key',
    'NVCF API, Scoped API Key',
    'POST /v1/keys issues a key with the description, expiry and authorizations that were asked for.',
  ),
  keySecrecy: clause(
    'key-secrecy',
    'NVCF API, Generate an API Key',
    'A key’s value is unique and is shown once, in the answer that issues it.',
  ),
} as const
