#!/usr/bin/env bash
# Packs all that a release publishes, once, into a new folder: npm's tarball with its SBOM, the charts, the Action; and the
# checksums of all. The steps behind this one publish these very files.
# usage: pack.sh NEW_FOLDER, with GitHub's own GITHUB_SERVER_URL and GITHUB_REPOSITORY
set -euo pipefail
cd "$(dirname "$0")/../.."
mkdir "$1"
out=$(realpath "$1")

# npm takes a provenance only for a package that names the repository which it comes from.
npm pkg set repository.type=git "repository.url=git+$GITHUB_SERVER_URL/$GITHUB_REPOSITORY.git"
name=$(node -p "require('./package.json').name")
version=$(node -p "require('./package.json').version")
npm pack --silent --pack-destination "$out" >&2
node dist/build/release/main.js sbom >"$out/$name-$version.cdx.json"

# Their files get the package's name before their own.
charts=$(mktemp -d)
trap 'rm -rf "$charts"' EXIT
helm package infra/chart infra/fleet-chart --destination "$charts" >&2
mv "$charts/credential-rotation-$version.tgz" "$out/$name-chart-$version.tgz"
mv "$charts/credential-rotation-fleet-$version.tgz" "$out/$name-fleet-chart-$version.tgz"

build/release/action.sh "$out/$name-$version.tgz" "$charts/action"
tar --create --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner --directory "$charts/action" . |
  gzip --no-name >"$out/$name-action-$version.tar.gz"

cd "$out"
sha256sum -- * >SHA256SUMS
ls -l
