#!/bin/sh
# Installs the pinned reference servers, once, into a cache folder outside the repository.
# Usage: install.sh [--require] [DIR]
# The last line on stdout is the folder; everything else goes to stderr.
set -eu

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
require=no
dir=
for arg in "$@"; do
  case $arg in
    --require) require=yes ;;
    -*) echo "usage: install.sh [--require] [DIR]" >&2; exit 2 ;;
    *) dir=$arg ;;
  esac
done

say() { echo "real-servers: $*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }
sha256() { if have sha256sum; then sha256sum; else shasum -a 256; fi; }

key=$(cat "$here/npm/package-lock.json" "$here/pypi/requirements.txt" | sha256 | cut -c1-16)
: "${dir:=${XDG_CACHE_HOME:-$HOME/.cache}/mcpsign-tests/real-servers-$key}"
mkdir -p "$dir"
dir=$(CDPATH='' cd -- "$dir" && pwd)

# Test runners start this several times at once: one installs, the others wait for it.
# The lock is a link that names its owner, so that one left by a killed process can be told.
lock=$dir/lock
until ln -s $$ "$lock" 2>/dev/null; do
  owner=$(readlink "$lock" || echo)
  if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then rm -f "$lock"; else sleep 1; fi
done
trap 'rm -f "$lock"' EXIT
trap 'exit 130' HUP INT TERM

# A virtual environment cannot be moved, so a stamp written last takes the place of a rename.
installed() { [ "$(cat "$dir/$1.installed" 2>/dev/null)" = "$key" ]; }
forget() { rm -rf "${dir:?}/$1" "$dir/$1.installed"; }
stamp() { echo "$key" >"$dir/$1.installed"; }

npm_part() {
  # Checked before the stamp: without node an installed part is of no use.
  have node || { say "missing: node"; return 1; }
  if installed npm; then return 0; fi
  have npm || { say "missing: npm"; return 1; }
  say "npm: installing into $dir/npm"
  forget npm
  mkdir "$dir/npm" && cp "$here/npm/package.json" "$here/npm/package-lock.json" "$dir/npm/" &&
    (cd "$dir/npm" && npm ci --ignore-scripts --no-audit --no-fund >&2) && stamp npm ||
    { say "npm: the installation failed"; return 1; }
}

pypi_part() {
  # The environment points at an interpreter outside the cache, which may have gone since.
  if installed pypi && "$dir/pypi/bin/python" -c 'import mcp' 2>/dev/null; then return 0; fi
  have python3 || { say "missing: python3"; return 1; }
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    { say "missing: python3 3.11 or newer"; return 1; }
  python3 -c 'import ensurepip' 2>/dev/null ||
    { say "missing: python3 with venv and ensurepip"; return 1; }
  say "pypi: installing into $dir/pypi"
  forget pypi
  python3 -m venv "$dir/pypi" >&2 &&
    "$dir/pypi/bin/python" -m pip install --quiet --disable-pip-version-check \
      --require-hashes --no-deps -r "$here/pypi/requirements.txt" >&2 && stamp pypi ||
    { say "pypi: the installation failed"; return 1; }
}

missing=0
npm_part || missing=1
pypi_part || missing=1
echo "$dir"
[ "$require" = no ] || exit "$missing"
