#!/usr/bin/env bash
# What the tests need beside Node and npm: installs on Debian what is missing. Asks the network, which tests never do.
#   curl, jq    the seed commands of NVCF's documentation, which a test runs verbatim
#   chromium    the HTML report is looked at in a browser; another one by the variable CHROMIUM
#   junit-10.xsd   Jenkins' schema of JUnit reports, from the sources of pytest, which carry it
#   openssl, securesystemslib    verify bundles independently of the suite
set -euo pipefail
cd "$(dirname "$0")/.."

packages=()
for tool in curl jq openssl python3; do
  command -v "$tool" >/dev/null || packages+=("$tool")
done
[[ -x ${CHROMIUM:-/usr/bin/chromium} ]] || packages+=(chromium)
python3 -m pip --version >/dev/null 2>&1 || packages+=(python3-pip)
if ((${#packages[@]})); then
  apt-get update -qq
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
fi

# Not in node_modules, which every `npm ci` empties.
if [[ ! -d .test-tools/securesystemslib ]]; then
  python3 -m pip install --quiet --disable-pip-version-check --root-user-action ignore \
    --target .test-tools securesystemslib==1.6.0 cryptography==50.0.2
fi

if [[ ! -f .test-tools/junit-10.xsd ]]; then
  sources=$(mktemp -d)
  trap 'rm -rf "$sources"' EXIT
  python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-binary :all: \
    --dest "$sources" pytest==8.4.2
  tar -xzf "$sources"/pytest-8.4.2.tar.gz -C .test-tools --strip-components=3 \
    pytest-8.4.2/testing/example_scripts/junit-10.xsd
fi
