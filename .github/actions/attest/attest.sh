#!/usr/bin/env bash
# Signs what PATHS names, or the project in the current folder, as the workflow that this runs in.
set -euo pipefail

if [ -z "${ACTIONS_ID_TOKEN_REQUEST_TOKEN:-}" ]; then
  echo "::error::this job cannot ask for its identity: give it the permission id-token: write" >&2
  exit 1
fi
mcpsign=$(bash "$(dirname "${BASH_SOURCE[0]}")/../program.sh")

# Any job of a run can replace what another uploaded; what a job says of its own work it cannot.
held() {
  local file digest
  if [ "$DIGESTS" = none ]; then return; fi
  for file in "$@"; do
    digest=$(sha256sum <"$file")
    if ! grep -qE "^${digest%% *}([[:space:]]|\$)" <<<"$digests"; then
      echo "::error::digests: $file has sha256 ${digest%% *}, which is none of them" >&2
      exit 1
    fi
  done
}

if ! grep -q '[^[:space:]]' <<<"${DIGESTS:=}"; then
  echo "::error::digests: there are none, as where the name of an output is misspelled; none says that nothing is held" >&2
  exit 1
fi
if [ "$DIGESTS" != none ] && [ -z "${PATHS:-}" ]; then
  echo "::error::digests: without path nothing says which files they are of" >&2
  exit 1
fi
# As other tools write them: in capitals, indented, behind the name of the hash.
digests=$(sed -E 's/^[[:space:]]+//; s/^sha256://' <<<"${DIGESTS,,}")
if [ "$DIGESTS" != none ] && other=$(grep -m1 -vE '^([0-9a-f]{64}([[:space:]].*)?)?$' <<<"$digests"); then
  echo "::error::digests: no SHA-256 in hexadecimal begins the line: $other" >&2
  exit 1
fi
arguments=(attest --keyless)
if [ "${CAPTURE:?}" = none ]; then
  arguments+=(--no-manifest)
else
  capture=${RUNNER_TEMP:?}/mcpsign-capture/server.capture.json
  held "$capture"
  arguments+=(--capture "$capture")
fi
if [ -n "${TRUST_CONFIG:-}" ]; then
  arguments+=(--trust-config "$TRUST_CONFIG")
fi
while IFS= read -r pattern; do
  if [ -z "$pattern" ]; then continue; fi
  mapfile -t found < <(compgen -G "$pattern")
  if [ "${#found[@]}" -eq 0 ]; then
    echo "::error::path: nothing matches $pattern" >&2
    exit 1
  fi
  # Absolute: no name is taken for a flag.
  mapfile -t found < <(realpath --no-symlinks -- "${found[@]}")
  held "${found[@]}"
  arguments+=("${found[@]}")
done <<<"${PATHS:-}"
evidence=$("$mcpsign" "${arguments[@]}")
mapfile -t files < <(grep -v '^$' <<<"$evidence" | xargs -d '\n' realpath --no-symlinks --)

# A file's name could end a mark that is known beforehand.
mark=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
printf 'evidence<<%s\n%s\n%s\n' "$mark" "$(printf '%s\n' "${files[@]}")" "$mark" >>"$GITHUB_OUTPUT"
