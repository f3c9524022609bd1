#!/bin/sh
# Installs SPDX's own checker of minimum elements, and fetches the wheels of the servers from PyPI with what they need, once,
# into a cache folder outside the repository; the crates that the server from crates.io pins; and tools that catalogs are held
# against: uv, pnpm, cargo-auditable.
# Usage: install.sh [--require] REAL-SERVERS
# The last line on stdout is the folder; everything else goes to stderr.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
require=no
servers=
for arg in "$@"; do
  case $arg in
    --require) require=yes ;;
    -*) echo "usage: install.sh [--require] REAL-SERVERS" >&2; exit 2 ;;
    *) servers=$arg ;;
  esac
done

say() { echo "sbom-checker: $*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
sha256() { if have sha256sum; then sha256sum; else shasum -a 256; fi; }

pins=$here/../real-servers/pypi/requirements.txt
key=$(cat "$here/pypi/requirements.txt" "$here/tools/requirements.txt" "$pins" "$0" | sha256 | cut -c1-16)
dir=${XDG_CACHE_HOME:-$HOME/.cache}/mcpsign-tests/sbom-checker-$key
mkdir -p "$dir"

lock=$dir/lock
. "$here/../lock.sh"

# The environment points at an interpreter outside the cache, which may have gone since.
checker_part() {
  if [ -f "$dir/checker.installed" ] && "$dir/checker/bin/ntia-checker" --version >/dev/null 2>&1; then return 0; fi
  python3 -c 'import ensurepip' 2>/dev/null || { say "missing: python3 with venv and ensurepip"; return 1; }
  say "installing into $dir/checker"
  rm -rf "${dir:?}/checker" "$dir/checker.installed"
  python3 -m venv "$dir/checker" >&2 &&
    "$dir/checker/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
      -r "$here/pypi/requirements.txt" >&2 && : >"$dir/checker.installed" ||
    { say "the installation failed"; return 1; }
}

# What pip resolves for each server, of the pinned wheels alone; the report is what `attest pypi:…` locks by.
reports_part() {
  if [ -f "$dir/reports.installed" ]; then return 0; fi
  pip="$servers/pypi/bin/python -m pip --disable-pip-version-check --quiet"
  [ -x "$servers/pypi/bin/python" ] || { say "missing: the servers from PyPI"; return 1; }
  say "fetching wheels into $dir/wheels"
  rm -rf "${dir:?}/wheels" && mkdir "$dir/wheels" &&
    $pip download --require-hashes --no-deps -r "$pins" -d "$dir/wheels" >&2 ||
    { say "the wheels cannot be fetched"; return 1; }
  for server in fetch git time; do
    wheel=$(ls "$servers"/dists/mcp_server_$server-*.whl) && mkdir -p "$dir/$server" &&
      $pip install --dry-run --ignore-installed --no-index --find-links "$dir/wheels" \
        --report "$dir/$server/report.json" "$wheel" >&2 || { say "pip: $server cannot be resolved"; return 1; }
  done
  : >"$dir/reports.installed"
}

# The crates that the server from crates.io pins, into cargo's own cache.
crates_part() {
  have cargo || { say "missing: cargo"; return 1; }
  file=$(ls "$servers"/crate/*.crate 2>/dev/null) || { say "missing: the server from crates.io"; return 1; }
  rm -rf "${dir:?}/crate" && mkdir "$dir/crate" && tar -xzf "$file" -C "$dir/crate" &&
    cargo fetch --quiet --locked --manifest-path "$dir"/crate/*/Cargo.toml >&2 ||
    { say "the crates cannot be fetched"; return 1; }
}

# Each in a version of its own; what cargo builds is kept apart, because it takes minutes.
pnpm=10.34.8
pnpm_sha256=5be9fac9764583af5fa07015b9b0aa930ef634535df9fa6f464020d72b195630
auditable=0.7.7
tools_part() {
  if [ -f "$dir/tools.installed" ] && "$dir/tools/bin/uv" --version >/dev/null 2>&1; then return 0; fi
  { have node && have npm; } || { say "missing: node, npm"; return 1; }
  have cargo || { say "missing: cargo"; return 1; }
  say "installing into $dir/tools"
  rm -rf "${dir:?}/tools" "$dir/tools.installed" && mkdir -p "$dir/tools/bin" || return 1
  "$dir/checker/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
    -r "$here/tools/requirements.txt" >&2 && ln -s ../../checker/bin/uv "$dir/tools/bin/uv" ||
    { say "uv cannot be installed"; return 1; }
  (cd "$dir/tools" && npm pack --silent "pnpm@$pnpm" >&2) &&
    [ "$(sha256 <"$dir/tools/pnpm-$pnpm.tgz" | cut -c1-64)" = "$pnpm_sha256" ] &&
    tar -xzf "$dir/tools/pnpm-$pnpm.tgz" -C "$dir/tools" &&
    printf '#!/bin/sh\nexec node "%s" "$@"\n' "$dir/tools/package/bin/pnpm.cjs" >"$dir/tools/bin/pnpm" &&
    chmod +x "$dir/tools/bin/pnpm" || { say "pnpm cannot be installed"; return 1; }
  built=$(dirname "$dir")/cargo-auditable-$auditable
  [ -x "$built/bin/cargo-auditable" ] ||
    cargo install --quiet --locked --root "$built" --version "=$auditable" cargo-auditable >&2 ||
    { say "cargo-auditable cannot be built"; return 1; }
  ln -s "$built/bin/cargo-auditable" "$dir/tools/bin/cargo-auditable" && : >"$dir/tools.installed"
}

missing=0
checker_part && reports_part && crates_part && tools_part || missing=1
echo "$dir"
[ "$require" = no ] || exit "$missing"
