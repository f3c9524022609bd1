#!/bin/sh
# Installs the pinned servers and fetches their release artifacts, once, into a cache folder outside the repository.
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

key=$(cat "$here/npm/package-lock.json" "$here/pypi/requirements.txt" "$here/crate/pin" "$here"/mcpb/*.json "$here"/playwright/*.json "$0" |
  sha256 | cut -c1-16)
# Of what has a version of its own, and costs minutes to build.
built=${XDG_CACHE_HOME:-$HOME/.cache}/mcpsign-tests
: "${dir:=${XDG_CACHE_HOME:-$HOME/.cache}/mcpsign-tests/real-servers-$key}"
mkdir -p "$dir"
dir=$(CDPATH='' cd -- "$dir" && pwd)

lock=$dir/lock
. "$here/../lock.sh"

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

# Tarballs as the registry serves them; npm checks their integrity against the registry's, we against the lock file's.
tarballs_part() {
  if installed tarballs; then return 0; fi
  have npm && have node && have openssl || { say "missing: npm, node or openssl"; return 1; }
  forget tarballs
  mkdir "$dir/tarballs"
  for server in everything filesystem memory sequential-thinking; do
    name=@modelcontextprotocol/server-$server
    # Name, version and integrity as the lock file has them.
    pinned=$(node -e 'const p = require(process.argv[1]).packages["node_modules/" + process.argv[2]];
      console.log(p.version, p.integrity)' "$here/npm/package-lock.json" "$name") || return 1
    file=$(cd "$dir/tarballs" && npm pack --silent --ignore-scripts "$name@${pinned%% *}") ||
      { say "npm: $name cannot be fetched"; return 1; }
    found=sha512-$(openssl dgst -sha512 -binary "$dir/tarballs/$file" | openssl base64 -A)
    [ "$found" = "${pinned##* }" ] || { say "npm: $file is not the pinned one"; return 1; }
  done
  stamp tarballs
}

# Wheels of all three servers, and of one the sdist: the same lock file has the hashes of both.
dists_part() {
  if installed dists; then return 0; fi
  [ -x "$dir/pypi/bin/python" ] || { say "missing: the servers from PyPI"; return 1; }
  forget dists
  mkdir "$dir/dists"
  # The servers alone, without what they need.
  awk '/^[a-z]/ { on = /^mcp-server-/ } /^ *#/ { next } on' "$here/pypi/requirements.txt" >"$dir/dists/wheels.txt"
  awk '/^[a-z]/ { on = /^mcp-server-time/ } on' "$dir/dists/wheels.txt" >"$dir/dists/sdist.txt"
  pip="$dir/pypi/bin/python -m pip download --quiet --disable-pip-version-check --no-deps --require-hashes"
  # pip reads an sdist's metadata through its build backend, which it fetches.
  $pip --only-binary :all: -r "$dir/dists/wheels.txt" -d "$dir/dists" >&2 &&
    $pip --no-binary :all: -r "$dir/dists/sdist.txt" -d "$dir/dists" >&2 && stamp dists ||
    { say "pypi: the releases cannot be fetched"; return 1; }
}

# One server from crates.io: the program, and the file that it was built from as cargo keeps it.
crate_part() {
  if installed crate; then return 0; fi
  have cargo || { say "missing: cargo"; return 1; }
  read -r name version pinned <"$here/crate/pin"
  root=$built/crates/$name-$version
  if [ ! -x "$root/bin/$name" ]; then
    say "crate: building $name $version into $root"
    # Unoptimised and without debug information: it is asked for its tools and nothing else.
    target=$(mktemp -d) &&
      CARGO_PROFILE_DEV_DEBUG=0 cargo install "$name" --version "=$version" --locked --debug --quiet \
        --root "$root" --target-dir "$target" >&2
    status=$?
    rm -rf "$target"
    [ "$status" = 0 ] || { say "crate: the build failed"; return 1; }
  fi
  for file in "${CARGO_HOME:-$HOME/.cargo}"/registry/cache/*/"$name-$version.crate"; do
    if [ -f "$file" ] && [ ! -f "$root/$name-$version.crate" ]; then cp "$file" "$root/"; fi
  done
  [ "$(sha256 <"$root/$name-$version.crate" | cut -d' ' -f1)" = "$pinned" ] ||
    { say "crate: $name-$version.crate is not the pinned one"; return 1; }
  forget crate
  mkdir "$dir/crate" && cp "$root/bin/$name" "$root/$name-$version.crate" "$dir/crate/" && stamp crate
}

# A server from npm with everything it needs, packed by MCPB's own tool.
mcpb_part() {
  if installed mcpb; then return 0; fi
  have npm && have node || { say "missing: npm or node"; return 1; }
  forget mcpb
  mkdir -p "$dir/mcpb/tool" "$dir/mcpb/bundle" || return 1
  for to in tool bundle; do cp "$here/mcpb/package.json" "$here/mcpb/package-lock.json" "$dir/mcpb/$to/"; done
  (cd "$dir/mcpb/tool" && npm ci --ignore-scripts --no-audit --no-fund --silent >&2) &&
    (cd "$dir/mcpb/bundle" && npm ci --ignore-scripts --no-audit --no-fund --silent --omit=dev >&2) &&
    cp "$here/mcpb/manifest.json" "$dir/mcpb/bundle/" &&
    (cd "$dir/mcpb" && node tool/node_modules/@anthropic-ai/mcpb/dist/cli/cli.js pack bundle \
      server-sequential-thinking-2026.8.31.mcpb >&2) && stamp mcpb || { say "mcpb: packing failed"; return 1; }
}

# A server whose dependency has other packages built into its own files, and its tarball.
playwright_part() {
  if installed playwright; then return 0; fi
  have npm && have node || { say "missing: npm or node"; return 1; }
  forget playwright
  mkdir "$dir/playwright" && cp "$here/playwright/package.json" "$here/playwright/package-lock.json" "$dir/playwright/" &&
    (cd "$dir/playwright" && npm ci --ignore-scripts --no-audit --no-fund --silent >&2 &&
      npm pack --silent @playwright/mcp@0.0.83 >&2) && stamp playwright ||
    { say "playwright: the installation failed"; return 1; }
}

# An image of the crate's program, made without Docker.
image_part() {
  if installed image; then return 0; fi
  have umoci || { say "missing: umoci"; return 1; }
  installed crate || { say "missing: the server from crates.io"; return 1; }
  read -r name version pinned <"$here/crate/pin"
  forget image
  mkdir "$dir/image" && (
    cd "$dir/image" &&
      umoci init --layout layout && umoci new --image "layout:$version" &&
      umoci unpack --rootless --image "layout:$version" bundle &&
      mkdir -p bundle/rootfs/usr/bin && cp "$dir/crate/$name" bundle/rootfs/usr/bin/ &&
      umoci repack --image "layout:$version" bundle &&
      umoci config --image "layout:$version" --config.entrypoint "/usr/bin/$name" \
        --config.label "io.modelcontextprotocol.server.name=io.github.rust-mcp-stack/$name" &&
      # What earlier steps left behind is no part of the image.
      umoci gc --layout layout && rm -rf bundle
  ) >&2 && stamp image || { say "image: umoci failed"; return 1; }
}

missing=0
for part in npm pypi tarballs dists crate mcpb playwright image; do
  "${part}_part" || missing=1
done
echo "$dir"
[ "$require" = no ] || exit "$missing"
