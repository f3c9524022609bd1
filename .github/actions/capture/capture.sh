#!/usr/bin/env bash
# Runs the server that COMMAND or mcpsign.toml names, and records what it shows.
set -euo pipefail

if [ -n "${ACTIONS_ID_TOKEN_REQUEST_TOKEN:-}" ]; then
  echo "::error::this job can ask for identities, and so could the server that it runs: take id-token from its permissions" >&2
  exit 1
fi
mcpsign=$(bash "$(dirname "${BASH_SOURCE[0]}")/../program.sh")

file=${RUNNER_TEMP:?}/server.capture.json
arguments=(manifest capture --out "$file" --force)
if [ -n "${ARTIFACT:-}" ]; then
  mapfile -t found < <(compgen -G "$ARTIFACT")
  if [ "${#found[@]}" -ne 1 ]; then
    echo "::error::artifact: one file is wanted, and ${#found[@]} match" >&2
    exit 1
  fi
  arguments+=(--artifact "${found[0]}")
fi
mapfile -t command < <(grep -v '^$' <<<"${COMMAND:-}")
if [ "${#command[@]}" -gt 0 ]; then
  arguments+=(-- "${command[@]}")
fi
"$mcpsign" "${arguments[@]}"
digest=$(sha256sum <"$file")
printf 'file=%s\nsha256=%s\n' "$file" "${digest%% *}" >>"$GITHUB_OUTPUT"
