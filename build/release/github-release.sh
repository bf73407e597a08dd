#!/usr/bin/env bash
# Signs the checksums and makes the release on GitHub, with notes from CHANGELOG.md. Run again, it puts the files in anew.
# usage: github-release.sh FOLDER VERSION true|false (is it a prerelease?)
set -euo pipefail
folder=$(realpath "$1")
version=$2
prerelease=$3
cd "$(dirname "$0")/../.."
notes=$(mktemp)
trap 'rm -f "$notes"' EXIT
node dist/build/release/main.js notes "$version" >"$notes"
(cd "$folder" && sha256sum --check --strict SHA256SUMS)
cosign sign-blob --yes --bundle "$folder/SHA256SUMS.sigstore.json" "$folder/SHA256SUMS"
if gh release view "v$version" >/dev/null 2>&1; then
  gh release upload "v$version" --clobber "$folder"/*
else
  gh release create "v$version" --verify-tag --title "v$version" --notes-file "$notes" "--prerelease=$prerelease" "$folder"/*
fi
