#!/usr/bin/env bash
# Prints the path of the `mcpsign` to use: the one that PROGRAM names, or that of the commit which this file is of.
set -euo pipefail

if [ -n "${PROGRAM:-}" ]; then
  program=$(realpath -- "$PROGRAM")
else
  source=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
  root=${RUNNER_TEMP:?}/mcpsign
  # From its own folder, where the toolchain is pinned; not into that folder's target, which may hold a release.
  # What it is built of runs while it is built, and is not to ask for anything as this job.
  unset ACTIONS_ID_TOKEN_REQUEST_TOKEN ACTIONS_ID_TOKEN_REQUEST_URL ACTIONS_RUNTIME_TOKEN GITHUB_TOKEN GH_TOKEN
  (cd "$source" && cargo install --quiet --locked --path cli --root "$root" --target-dir "$root/target") >&2
  program=$root/bin/mcpsign
fi
"$program" --version >&2
echo "$program"
