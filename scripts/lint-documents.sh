#!/usr/bin/env bash
# Holds the bundled OpenAPI documents to two public linters, at exact versions, installed for the occasion.
set -euo pipefail
cd "$(dirname "$0")/.."
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
npm install --prefix "$folder" --no-audit --no-fund --silent @redocly/cli@1.34.5 @stoplight/spectral-cli@6.15.0
# Scopes stand in x-scopes, since those schemes are of type http; contact is the reader's own business.
cat > "$folder/spectral.yaml" <<'RULES'
extends: ["spectral:oas"]
rules:
  info-contact: off
  operation-description: off
  oas3-operation-security-defined: off
RULES
export REDOCLY_TELEMETRY=off
"$folder/node_modules/.bin/redocly" lint --extends=spec openapi/documents/*.yaml
"$folder/node_modules/.bin/spectral" lint --ruleset "$folder/spectral.yaml" --fail-severity=warn openapi/documents/*.yaml
