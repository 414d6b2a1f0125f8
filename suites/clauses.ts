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
  keyComposition: clause(
    'api-key-scope-sets',
    'NVCF API, API Key Scopes',
    'A key with several scopes may do what each of them opens, and nothing more; a name that is not exactly a documented scope opens nothing.',
  ),
  keyResources: clause(
    'api-key-resources',
    'NVCF API, Scoped API Key, resources',
    'A key restricts operations and resources: limited to one function it reaches that function alone, without resources none.',
  ),
  keyAudience: clause(
    'api-key-audience',
    'NVCF API, Scoped API Key, aud and product',
    'A key is good for the service that its policies name, and for no other.',
  ),
  tokenScopes: clause(
    'token-scopes',
    'NVCF OpenAPI documents, scopes of tokens',
    'Scopes such as admin: and cluster-management are held by tokens alone; a key that claims one gains nothing.',
  ),
  deadKeys: clause(
    'api-key-value',
    'NVCF API, API Key Usage',
    'Only the value that was issued is a key: one that differs in any character is refused.',
  ),
  onePath: clause(
    'one-request-one-decision',
    'NVCF API, API Key Scopes; RFC 9110, methods and targets; RFC 6750, section 2',
    'The scope decides about the request that is carried out, in whatever form it arrives; a credential counts in the Authorization header alone.',
  ),
  noDisclosure: clause(
    'refusals-disclose-nothing',
    'NVCF control plane, order in which a request is judged',
    'Who may not ask is refused before it shows whether what is asked for exists.',
  ),
  keyOwners: clause(
    'api-key-owners',
    'NVCF API Keys service, Key-Owner-Id and Key-Issuer-Id',
    'A key is read, changed and revoked by its owner under its issuer; to all others it does not exist.',
  ),
  keyExposure: clause(
    'api-keys-without-credential',
    'NVCF API, Generate an API Key',
    'The API Keys service asks for no credential: its Host must be reachable for operators alone.',
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
  keyRevocation: clause(
    'key-revocation',
    'NVCF API, API Keys, revoking a key',
    'A key that is deleted is refused from then on, as soon as the services notice; no other key is touched.',
  ),
  keyExpiry: clause(
    'key-expiry',
    'NVCF API, Generate an API Key, expires_at',
    'A key is issued with an expiry, which is ahead, and holds until then and no longer.',
  ),
  keyAuthorizations: clause(
    'key-authorizations',
    'NVCF API, API Keys, changing authorizations',
    'Authorizations that are put on a key replace those that it had.',
  ),
} as const
