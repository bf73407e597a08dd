#!/usr/bin/env bash
# Publishes npm's tarball. Run again after a release that failed halfway, it finds its own work and goes on.
# usage: publish-npm.sh TARBALL latest|next [flags of npm publish]
set -euo pipefail
tarball=$(realpath "$1")
tag=$2
shift 2
spec=$(tar --extract --gzip --to-stdout --file "$tarball" package/package.json |
  node -p 'const it = JSON.parse(require("node:fs").readFileSync(0, "utf8")); it.name + "@" + it.version')
here=sha512-$(openssl dgst -sha512 -binary "$tarball" | base64 --wrap=0)
# Nothing is said of a package that is not there: then npm publish says what is wrong, if anything is.
there=$(npm view "$spec" dist.integrity 2>/dev/null || true)
if [ "$there" = "$here" ]; then
  printf '%s is published already, from this very tarball\n' "$spec"
elif [ -n "$there" ]; then
  printf '%s is published already, from another tarball (%s, this one is %s): raise the version\n' "$spec" "$there" "$here" >&2
  exit 1
else
  npm publish "$tarball" --access public --tag "$tag" "$@"
fi
